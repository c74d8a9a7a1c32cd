// A limited network in use: what the programs of a project reach through its proxy, by what the other side saw of them.

import { execFile } from 'node:child_process'
import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { join, normalize } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { expectValid, onlySandbox, type PlanDocument } from './support/documents.js'
import { makeOuterNetwork, type OuterNetwork } from './support/outer-network.js'
import { Project } from './support/project.js'
import { startRecordingProxy } from './support/recording-proxy.js'
import { runInside } from './support/run-inside.js'
import { until } from './support/until.js'

const run = promisify(execFile)

let project: Project
let outer: OuterNetwork
let agent: string

beforeAll(async () => {
  project = await Project.create()
  const files = project.beside('served')
  await mkdir(files)
  await makeServed(files)
  outer = await makeOuterNetwork(project.docker, project.beside('.'), async (path) => serve(files, path))
})
afterAll(async () => {
  await project.remove()
  await outer.close()
})

async function writeFileWith(...hosts: readonly string[]): Promise<void> {
  const { http, https } = outer.ports
  const entries = hosts.map((host) => (https === 443 ? host : `${host}:${String(https)}`))
  const allow = JSON.stringify([...entries, `plain.test:${String(http)}`])
  await project.write(`agent: claude\nname: web\ncredentials: none\nnetwork: { allow: ${allow} }\n`)
}

async function containerOf(role: 'agent' | 'proxy'): Promise<string> {
  const found = (await project.containers()).filter(({ Labels }) => Labels['dev.sbx.role'] === role)
  expect(found, role).toHaveLength(1)
  return found[0]?.Id ?? ''
}

/** Until the proxy has read the names again, which it does a moment after it was told to. */
async function known(proxy: string, ...names: readonly string[]): Promise<void> {
  await outer.tell(proxy, names)
  const first = `https://${names[0] ?? ''}:${String(outer.ports.https)}/`
  await until(
    async () => (await status(first)) === '404' || null,
    () => status(first),
  )
}

/** `wait` is in seconds, until it has a connection and until it has an answer. */
function status(url: string, wait = { connection: 30, answer: 30 }): Promise<string> {
  const limits = `-m ${String(wait.answer)} --connect-timeout ${String(wait.connection)}`
  return runInside(project.docker, agent, `curl -sk ${limits} -o /dev/null -w '%{http_code}' ${url}`)
}

describe('a sandbox whose network is limited', () => {
  test('must reach what is listed with curl, git, npm and apt, and nothing else', async () => {
    await writeFileWith('allowed.test')
    await project.ok(['apply', '--yes'])
    agent = await containerOf('agent')
    await known(await containerOf('proxy'), 'allowed.test', 'other.test', 'plain.test')
    const { http, https } = outer.ports
    const allowed = `https://allowed.test:${String(https)}`
    const plain = `http://plain.test:${String(http)}`
    const tries = {
      curl: `curl -skf -m 60 ${allowed}/by-curl`,
      git: `git -c http.sslVerify=false clone -q ${allowed}/repository.git cloned && cat cloned/README`,
      npm: `npm install --silent --no-audit --no-fund --strict-ssl=false --registry=${allowed} tiny-pkg && cat node_modules/tiny-pkg/package.json`,
      apt:
        `echo 'deb [trusted=yes] ${plain} ./' >list && ` +
        `sudo apt-get -q -o Dir::Etc::SourceList=$PWD/list -o Dir::Etc::SourceParts=- update`,
      unlisted: `! curl -sk -m 5 https://other.test:${String(https)}/by-name`,
      address: `! curl -sk -m 5 --connect-timeout 2 --noproxy '*' https://${outer.address}:${String(https)}/by-address`,
      past: `! curl -sk -m 5 --connect-timeout 2 --noproxy '*' ${allowed}/past`,
    }
    const lines = Object.entries(tries).map(
      ([name, script]) =>
        `(mkdir /tmp/${name} && cd /tmp/${name} && { ${script}; } >out 2>&1 && echo '${name} holds' || { echo '${name} fails'; cat out; }) &`,
    )
    const outcome = await runInside(project.docker, agent, [...lines, 'wait'].join('\n'))
    expect(outcome.split('\n').sort()).toEqual(
      Object.keys(tries)
        .map((name) => `${name} holds`)
        .sort(),
    )
    expect(outer.seen).toEqual(
      expect.arrayContaining([
        ...['https allowed.test /by-curl', 'https allowed.test /tiny-pkg', 'https allowed.test /tiny-pkg.tgz'],
        'https allowed.test /repository.git/info/refs?service=git-upload-pack',
        'http plain.test /./Packages',
      ]),
    )
    expect(outer.seen.filter((line) => /other\.test|192\.|by-name|by-address|past/.test(line))).toEqual([])
  })

  test('must reach a host more once that is approved, in the container that it was', async () => {
    const before = await containerOf('proxy')
    await writeFileWith('allowed.test', 'added.test')
    await project.ok(['apply', '--yes', '--allow-widen'])
    expect(await containerOf('agent')).toBe(agent)
    const proxy = await containerOf('proxy')
    expect(proxy).not.toBe(before)
    await known(proxy, 'added.test', 'allowed.test')
    expect(outer.seen).toContain('https added.test /')
  })

  test('must cost an apply that changes nothing no call more than any other', async () => {
    const recording = await startRecordingProxy(project.beside('engine.sock'))
    try {
      const { exitCode } = await project.sbx(['apply', '--yes'], { env: { DOCKER_HOST: recording.endpoint } })
      const calls = recording.take()
      expect(exitCode).toBe(0)
      expect(calls.every(({ method }) => method === 'GET' || method === 'HEAD')).toBe(true)
      expect(calls.length).toBeLessThanOrEqual(4)
    } finally {
      await recording.close()
    }
  })

  test('must reach nothing while its proxy is gone, which is drift that an apply mends', async () => {
    const proxy = await containerOf('proxy')
    const { length } = outer.seen
    await project.docker.getContainer(proxy).kill()
    const https = String(outer.ports.https)
    const without = await Promise.all([
      // The proxy's address would take a connection at once; nobody has it, so that none is ever refused.
      status(`https://allowed.test:${https}/gone`, { connection: 5, answer: 30 }),
      runInside(project.docker, agent, 'getent hosts allowed.test; curl -sk -m 3 --noproxy "*" http://1.1.1.1; true'),
    ])
    expect(without).toEqual(['000', ''])
    expect(outer.seen).toHaveLength(length)

    const plan = await project.json<PlanDocument>(['plan'])
    expectValid('plan', plan)
    const { action, reason, changes } = onlySandbox(plan)
    expect([action, reason]).toEqual(['update', 'drifted'])
    expect(changes).toMatchObject([{ path: '/network/proxy', origin: 'drift', before: 'exited', after: 'running' }])
    await project.ok(['apply', '--yes'])
    expect([await containerOf('agent'), await containerOf('proxy')]).toEqual([agent, proxy])

    const other = `other.test${https === '443' ? '' : `:${https}`}`
    expect(await status(`https://other.test:${https}/`)).toBe('000')
    const log = await project.json<{ readonly hosts: readonly object[] }>(['net', 'log'])
    expectValid('net-log', log)
    expect(log.hosts).toEqual(
      expect.arrayContaining([
        expect.objectContaining({ host: 'other.test', port: outer.ports.https, allowed: 0, refused: 1, add: other }),
        expect.objectContaining({ host: 'added.test', port: outer.ports.https, add: null }),
      ]),
    )
  })
})

/** A repository as files, a package, and a list of packages that are none. */
async function makeServed(folder: string): Promise<void> {
  const work = project.beside('work')
  await mkdir(join(work, 'package'), { recursive: true })
  const git = async (...args: readonly string[]): Promise<void> => {
    await run('git', ['-c', 'user.name=a', '-c', 'user.email=a@example.com', ...args], { cwd: work })
  }
  await git('init', '-q', 'source')
  await writeFile(join(work, 'source/README'), 'read me\n')
  await git('-C', 'source', 'add', 'README')
  await git('-C', 'source', 'commit', '-q', '-m', 'first')
  await git('clone', '-q', '--bare', 'source', join(folder, 'repository.git'))
  await git('-C', join(folder, 'repository.git'), 'update-server-info')
  await writeFile(join(work, 'package/package.json'), JSON.stringify({ name: 'tiny-pkg', version: '1.0.0' }))
  await run('tar', ['-czf', join(folder, 'tiny-pkg.tgz'), 'package'], { cwd: work })
  await writeFile(join(folder, 'Packages'), '')
}

async function serve(folder: string, path: string): Promise<Buffer | string | null> {
  const { pathname } = new URL(path, 'http://localhost')
  if (pathname === '/by-curl') return 'reached\n'
  if (pathname === '/tiny-pkg') return packageDocument()
  try {
    return await readFile(join(folder, normalize(pathname)))
  } catch {
    return null // not served, or a folder
  }
}

function packageDocument(): string {
  const tarball = `https://allowed.test:${String(outer.ports.https)}/tiny-pkg.tgz`
  const version = { name: 'tiny-pkg', version: '1.0.0', dist: { tarball } }
  return JSON.stringify({ name: 'tiny-pkg', 'dist-tags': { latest: '1.0.0' }, versions: { '1.0.0': version } })
}
