// Entries of the list of a limited network: what is taken becomes a line of the proxy's settings, and never another line.

import fc from 'fast-check'
import { expect, test } from 'vitest'
import { loadConfig } from '../../src/config/load.js'
import { proxyConfig } from '../../src/engine/egress/proxy-config.js'
import { DiagnosticError } from '../../src/model/diagnostic.js'
import { machineWith } from './support/machine.js'
import { Count, patience, seed, share } from './support/runs.js'
import { mutations } from './support/text.js'

const whole = 1_000

const entries = [
  'api.example.com',
  '*.example.org:8443',
  'mirror.example:80',
  'xn--bcher-kva.example',
  'a-b.c-d.example',
]
const entry = mutations([
  ...entries,
  ...entries,
  'localhost',
  '192.0.2.7',
  '[::1]:80',
  'https://a.example/',
  '*',
  '*.com',
])

const address = '10.213.7.2'
const rules = { address, subnet: '10.213.7.0/28' }

/** Each label begins and ends with a letter or a digit, and the last is no number. */
const plain = /^(\*\.)?([a-z0-9]([a-z0-9-]*[a-z0-9])?\.)+[a-z]([a-z0-9-]*[a-z0-9])?:[1-9]\d{0,4}$/

test(
  'mutated entries of a list of hosts: refused, or exactly that entry in the settings of the proxy',
  async () => {
    const machine = await machineWith({})
    const { folder: workingFolder, env } = machine
    const home = env['HOME'] ?? ''
    const count = new Count('mutated lists of hosts')
    const hostsOf = async (list: readonly string[]): Promise<readonly string[] | null> => {
      await machine.write('work/sandbox.yaml', JSON.stringify({ agent: 'shell', network: { allow: list } }))
      try {
        const request = { workingFolder, home, configFolder: `${home}/.config/sbx` }
        const { config } = await loadConfig({ ...request, uid: process.getuid?.() ?? 0, sbxVersion: '0.1.0' })
        return typeof config.network === 'object' ? Object.keys(config.network.allow) : []
      } catch (error) {
        if (!(error instanceof DiagnosticError)) throw error
        return null
      }
    }
    await fc.assert(
      fc.asyncProperty(entry, fc.subarray(entries.slice(0, 2)), async (mutated, others) => {
        const list = [mutated, ...others]
        await count.of(async () => {
          const hosts = await hostsOf(list)
          if (hosts !== null) {
            for (const host of hosts) expect(host).toMatch(plain)
            const settings = proxyConfig({ ...rules, hosts })
            expect(settings).not.toMatch(/[^\n -~]/)
            expect(settings.match(/^acl h\d+ .*$/gm)).toHaveLength(hosts.length)
            expect(settings.match(/^http_access allow .*$/gm)).toHaveLength(hosts.length)
          }
          return { exitCode: hosts === null ? 1 : 0, screen: '' }
        })
      }),
      { numRuns: share(whole), seed, endOnFailure: true },
    )
    count.say()
    for (const exitCode of [0, 1]) expect(count.with(exitCode)).toBeGreaterThan(0)
  },
  patience(whole),
)
