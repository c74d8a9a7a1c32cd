// Sessions on a real container, through pipes and through a terminal that is none. What a real one does, raw mode and
// keys, is seen end to end.

import { PassThrough, Writable } from 'node:stream'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { ResolvedSession } from '../../../src/model/desired.js'
import { makeDockerSubject, type DockerSubject } from '../support/docker.js'
import { bringUp, createSandbox, shell } from '../support/sandbox.js'
import { makeTerminal } from '../support/terminal.js'
import { until } from '../support/until.js'

let subject: DockerSubject
let id: string

beforeAll(async () => {
  subject = await makeDockerSubject()
  id = await bringUp(subject, { id: 'attach' })
})

afterAll(async () => {
  await subject.close()
})

const endless = 'while :; do echo line-of-endless; sleep 0.01; done'

const never = new AbortController().signal

function sessionOf(script: string, env: ResolvedSession['env'] = {}): ResolvedSession {
  return { argv: ['/bin/sh', '-c', script], workingFolder: subject.workspace, env }
}

/** Whether a command that has this text among its arguments runs inside. */
async function isRunning(text: string): Promise<boolean> {
  return (await shell(subject, id, `cat /proc/[0-9]*/cmdline | tr '\\0' ' '`, 'root')).includes(`${text} `)
}

describe('through pipes', () => {
  test('both outputs come apart and whole, and the exit code is the command’s', async () => {
    const terminal = makeTerminal(false)
    const script = 'i=0; while [ $i -lt 2000 ]; do echo out $i; echo err $i >&2; i=$((i + 1)); done; exit 42'
    expect(await subject.engine.attach(id, sessionOf(script), terminal, never)).toBe(42)
    const numbers = Array.from({ length: 2000 }, (_, index) => index)
    expect(terminal.written()).toBe(numbers.map((number) => `out ${number}\n`).join(''))
    expect(terminal.errorsWritten()).toBe(numbers.map((number) => `err ${number}\n`).join(''))
    expect(terminal.rawModes).toEqual([])
  })

  test('input goes in, byte for byte, and its end ends it', async () => {
    const terminal = makeTerminal(false)
    const sum = subject.engine.attach(id, sessionOf('md5sum; echo done'), terminal, never)
    terminal.type(`${'x'.repeat(300_000)}\u0010\u0011\u0000`)
    terminal.endInput()
    expect(await sum).toBe(0)
    const { createHash } = await import('node:crypto')
    const expected = createHash('md5')
      .update(`${'x'.repeat(300_000)}\u0010\u0011\u0000`)
      .digest('hex')
    expect(terminal.written()).toBe(`${expected}  -\ndone\n`)
  })

  test('a slow reader holds the command up and loses nothing', async () => {
    const terminal = makeTerminal(false)
    let length = 0
    const output = new Writable({
      highWaterMark: 1024,
      write(piece: Buffer, _encoding, done) {
        length += piece.length
        setImmediate(done)
      },
    })
    const session = sessionOf('head -c 5000000 /dev/zero')
    expect(await subject.engine.attach(id, session, { ...terminal, output }, never)).toBe(0)
    await until(() => output.writableLength === 0)
    expect(length).toBe(5_000_000)
  })

  test('a reader that goes away ends the session', async () => {
    const terminal = makeTerminal(false)
    const output = new PassThrough()
    output.once('data', () => output.destroy(Object.assign(new Error('write EPIPE'), { code: 'EPIPE' })))
    expect(await subject.engine.attach(id, sessionOf(endless), { ...terminal, output }, never)).toBe(143)
    expect(await isRunning(endless)).toBe(false)
  })

  test('env reaches the session and neither inspect nor the arguments of a process', async () => {
    const terminal = makeTerminal(false)
    const secret = 'planted-5f1d'
    const attached = subject.engine.attach(id, sessionOf('echo $KEY; read line', { KEY: secret }), terminal, never)
    await until(() => terminal.written() === `${secret}\n`)
    const { ExecIDs } = await subject.docker.getContainer(id).inspect()
    const execs = await Promise.all((ExecIDs ?? []).map((each) => subject.docker.getExec(each).inspect()))
    const seen = JSON.stringify([await subject.engine.inspect(id), execs])
    expect(await subject.engine.sessions(id)).toHaveLength(1)
    terminal.endInput()
    await attached
    expect(seen).not.toContain(secret)
    expect(await subject.engine.sessions(id)).toEqual([])
  })

  test('a session that lost its terminal and writes on is still counted', async () => {
    const exec = await subject.docker.getContainer(id).exec({ Cmd: ['/bin/sh', '-c', endless], AttachStdout: true })
    const connection = await exec.start({ hijack: true, stdin: true })
    connection.once('data', () => connection.destroy())
    await until(() => connection.closed)
    // By now the engine itself takes it for ended.
    await until(async () => !(await exec.inspect()).Running)
    expect(await subject.engine.sessions(id)).toHaveLength(1)
    await shell(
      subject,
      id,
      'for p in /proc/[0-9]*; do grep -qz e[n]dless $p/cmdline && kill ${p#/proc/}; done; :',
      'root',
    )
    await until(async () => (await subject.engine.sessions(id)).length === 0)
  })

  test('a session says its own values of what the sandbox sets', async () => {
    const terminal = makeTerminal(false)
    const session = sessionOf('echo $HOME $USER', { USER: 'me' })
    await subject.engine.attach(id, session, terminal, never)
    expect(terminal.written()).toBe('/home/agent me\n')
  })

  test('a command that is not there is 127, one that cannot be run 126', async () => {
    const [missing, forbidden] = [makeTerminal(false), makeTerminal(false)]
    const session = { workingFolder: subject.workspace, env: {} }
    expect(await subject.engine.attach(id, { ...session, argv: ['no-such-command'] }, missing, never)).toBe(127)
    expect(await subject.engine.attach(id, { ...session, argv: ['/etc/passwd'] }, forbidden, never)).toBe(126)
    expect(missing.errorsWritten()).toContain('no-such-command')
  })
})

describe('told to end', () => {
  test('a session gets TERM, and its exit code comes back', async () => {
    const [terminal, controller] = [makeTerminal(false), new AbortController()]
    const script = "trap 'echo asked; exit 7' TERM; echo begun; while :; do sleep 0.1; done"
    const attached = subject.engine.attach(id, sessionOf(script), terminal, controller.signal)
    await until(() => terminal.written().includes('begun'))
    controller.abort()
    expect(await attached).toBe(7)
    expect(terminal.written()).toBe('begun\nasked\n')
  })

  test('all that a session started ends with it, and nothing else', async () => {
    const [terminal, other, controller] = [makeTerminal(false), makeTerminal(false), new AbortController()]
    const spared = subject.engine.attach(id, sessionOf('echo begun; sleep 4321; echo no'), other, never)
    const script = 'sleep 1234 & (sleep 1235; :) & echo begun; wait'
    const attached = subject.engine.attach(id, sessionOf(script), terminal, controller.signal)
    await until(() => terminal.written().includes('begun') && other.written().includes('begun'))
    controller.abort()
    expect(await attached).toBe(143)
    expect(await isRunning('sleep 1234')).toBe(false)
    expect(await isRunning('sleep 1235')).toBe(false)
    expect(await isRunning('sleep 4321')).toBe(true)
    await shell(subject, id, 'for p in /proc/[0-9]*; do grep -qz ^4321 $p/cmdline && kill ${p#/proc/}; done; :', 'root')
    expect(await spared).toBe(0)
  })

  test('one that does not listen is killed', async () => {
    const [terminal, controller] = [makeTerminal(true), new AbortController()]
    const script = "trap '' TERM HUP; echo begun; while :; do sleep 0.1; done"
    const attached = subject.engine.attach(id, sessionOf(script), terminal, controller.signal)
    await until(() => terminal.written().includes('begun'))
    controller.abort()
    expect(await attached).toBe(137)
    expect(terminal.rawModes).toEqual([true, false])
  })

  test('one that was told before it began never begins', async () => {
    const terminal = makeTerminal(false)
    const attached = subject.engine.attach(id, sessionOf('touch begun'), terminal, AbortSignal.abort())
    await expect(attached).rejects.toMatchObject({ kind: 'interrupted' })
    expect(await shell(subject, id, 'ls')).not.toContain('begun')
  })
})

describe('with a terminal', () => {
  test('the session has one of the same size, and follows its changes', async () => {
    const terminal = makeTerminal(true)
    const script = `size() { until [ "$(stty size)" = "$1" ]; do sleep 0.1; done; stty size; }
      size '37 91'; size '50 120'`
    const attached = subject.engine.attach(id, sessionOf(script), terminal, never)
    await until(() => terminal.written().includes('37 91'))
    terminal.resize(120, 50)
    expect(await attached).toBe(0)
    expect(terminal.written()).toContain('50 120')
    expect(terminal.rawModes).toEqual([true, false])
    expect(terminal.listeners()).toBe(0)
  })

  test('keys that the engine would take for itself reach the session', async () => {
    const terminal = makeTerminal(true)
    const script = 'stty raw -echo; echo begun; dd bs=1 count=4 2>/dev/null | od -An -tx1'
    const attached = subject.engine.attach(id, sessionOf(script), terminal, never)
    await until(() => terminal.written().includes('begun'))
    terminal.type('\u0010\u0011\u001e!')
    expect(await attached).toBe(0)
    expect(terminal.written()).toContain('10 11 1e 21')
  })

  test('raw mode is given back when the container stops under the session', async () => {
    const other = await bringUp(subject, { id: 'attach-stop' })
    const terminal = makeTerminal(true)
    const attached = subject.engine.attach(other, sessionOf('echo begun; sleep 100'), terminal, never)
    await until(() => terminal.written().includes('begun'))
    await subject.docker.getContainer(other).kill()
    expect(await attached).toBe(137)
    expect(terminal.rawModes).toEqual([true, false])
  })
})

test('what does not run is not attached to', async () => {
  const created = await createSandbox(subject, { id: 'attach-created' })
  const attached = subject.engine.attach(created, sessionOf('true'), makeTerminal(true), never)
  await expect(attached).rejects.toMatchObject({ diagnostics: [{ code: 'engine/not-running' }] })
})
