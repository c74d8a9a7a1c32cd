// The contract of an image in sentences: what the probe found inside, point for point, and the way out where it found
// nothing.

import type { ContractPoint, Finding } from '../../model/contract.js'
import type { AgentDescriptor } from '../../model/template.js'
import probe from './probe.sh'

/** The arguments of the probe, to be run as `agent` in a started sandbox. */
export function probeCommand(workspace: string, agent: AgentDescriptor): readonly string[] {
  return ['/bin/sh', '-c', probe, 'sbx', workspace, agent.command[0] ?? '']
}

/** For an image that sbx's own entrypoint does not run in; `why` is what the engine or the entrypoint said. */
export function cannotStart(why: string): readonly Finding[] {
  const sentence = `It does not start: ${why} An image needs Linux, /bin/sh and the usual commands beside it, as busybox has them.`
  return [{ point: 'start', status: 'missing', sentence }]
}

/** In the order of the points, whatever the probe could say before it ended. */
export function readFindings(output: string, agent: AgentDescriptor): readonly Finding[] {
  const lines = output.split('\n').map((line) => line.split('\t', 2) as [string, string?])
  const values = (name: string): readonly string[] => lines.flatMap(([of, text]) => (of === name && text ? [text] : []))
  const value = (name: string): string | null => values(name)[0] ?? null
  return [
    point('start', true, 'It starts: Linux, with /bin/sh.', ''),
    point(
      'user',
      value('user') !== null,
      'Sessions are those of the user agent, whose home is /home/agent.',
      'There is no user agent that can write its home /home/agent: useradd --create-home agent.',
    ),
    point(
      'owner',
      value('owner') !== null,
      'agent takes over the number of whoever owns the workspace.',
      'agent does not become the owner of the workspace: /etc/passwd, stat and chown must work for root.',
    ),
    point(
      'shell',
      value('shell') !== null,
      `The login shell is ${value('shell') ?? ''}.`,
      "agent's login shell does not run: name one that is there in /etc/passwd, such as /bin/bash.",
    ),
    point(
      'sudo',
      value('sudo') !== null,
      'sudo asks for no password.',
      'sudo without a password is missing: install sudo and put `agent ALL=(ALL:ALL) NOPASSWD: ALL` into /etc/sudoers.d.',
    ),
    point('git', value('git') !== null, `There is ${value('git') ?? ''}.`, 'git is missing: install it.'),
    point(
      'certificates',
      value('certificates') !== null,
      `Certificate authorities are in ${value('certificates') ?? ''}.`,
      'There are no certificate authorities, so that no connection can be trusted: install ca-certificates.',
    ),
    hostCertificates(value('host-certificates')),
    ...agentFindings(agent, value),
    homeFinding(values('home')),
  ]
}

function point(name: ContractPoint, isThere: boolean, there: string, missing: string): Finding {
  return { point: name, status: isThere ? 'ok' : 'missing', sentence: isThere ? there : missing }
}

function hostCertificates(found: string | null): Finding {
  const there =
    found === 'none'
      ? 'This machine adds no certificate authorities of its own.'
      : 'Certificate authorities that this machine adds are trusted.'
  const missing =
    'Certificate authorities that this machine adds are not trusted inside: the bundle under /etc/ssl must be writable for root.'
  return point('host-certificates', found !== null, there, missing)
}

function agentFindings(agent: AgentDescriptor, value: (name: string) => string | null): readonly Finding[] {
  const [program = ''] = agent.command
  const path = value('agent')
  if (path === null) {
    return [point('agent', false, '', `${program} is not on the PATH: install it into /usr/local/bin.`)]
  }
  const inHome = value('agent-in-home')
  return [
    point('agent', true, `${program} is ${path}.`, ''),
    point(
      'agent-place',
      inHome === null,
      `${program} is outside the home.`,
      `${program} is in the home, as ${inHome ?? ''}. ${whyNotHome} ${wayOut}`,
    ),
    versionFinding(agent, value('agent-version')),
  ]
}

/** Never fails the check: a program may say its version in words of its own. */
function versionFinding({ command, version }: AgentDescriptor, said: string | null): Finding {
  const [program = ''] = command
  if (said === null) {
    return { point: 'agent-version', status: 'warning', sentence: `${program} --version says nothing.` }
  }
  if (version !== null && !said.includes(version)) {
    const sentence = `The template says version ${version}, and ${program} says "${said}".`
    return { point: 'agent-version', status: 'warning', sentence }
  }
  return { point: 'agent-version', status: 'ok', sentence: `${program} --version says "${said}".` }
}

function homeFinding(tools: readonly string[]): Finding {
  const [first = ''] = tools.toSorted((a, b) => a.length - b.length)
  const more = tools.length > 1 ? ` and ${tools.length - 1} more` : ''
  return point(
    'home',
    tools.length === 0,
    'No program of the image is in the home.',
    `Programs are in the home: ${first}${more}. ${whyNotHome} ${wayOut}`,
  )
}

const whyNotHome = 'A sandbox keeps its home when the image changes, so that it would keep the old ones too.'

const wayOut =
  'Install into /usr/local or /opt: UV_TOOL_DIR=/opt/uv UV_TOOL_BIN_DIR=/usr/local/bin uv tool install, ' +
  'npm install --global --prefix /usr/local, pip install --prefix /usr/local.'
