import { expect, test } from 'vitest'
import { rethrow } from '../../../src/engine/connection/errors.js'
import { DiagnosticError } from '../../../src/model/diagnostic.js'

const endpoint = 'unix:///var/run/docker.sock'

/** As dockerode rejects: the engine's message in `json`, its own words for the status in the message. */
function refusal(statusCode: number, message: string): Error {
  const text = `(HTTP code ${statusCode}) no such container - ${message} `
  return Object.assign(new Error(text), { statusCode, reason: 'no such container', json: { message } })
}

function told(error: unknown): DiagnosticError {
  try {
    rethrow(error, endpoint, 'do a thing')
  } catch (thrown) {
    if (thrown instanceof DiagnosticError) return thrown
    throw thrown
  }
}

// Messages as engines 20.10 and 28 give them.
test.each([
  [404, 'No such image: acme/agent:1', 'engine/no-image', 'acme/agent:1'],
  [404, 'No such container: 3f2a1c', 'engine/no-container', 'another hand'],
  [404, 'network 3f2a1c not found', 'engine/no-network', 'sbx apply --recreate'],
  [
    400,
    'invalid mount config for type "bind": bind source path does not exist: /srv/my data',
    'engine/missing-source',
    'nothing at /srv/my data.',
  ],
  [
    500,
    'driver failed programming external connectivity on endpoint x (abc): Bind for 127.0.0.1:8080 failed: port is already allocated',
    'engine/port-in-use',
    '127.0.0.1:8080 is taken',
  ],
  [
    500,
    'driver failed programming external connectivity on endpoint x: Error starting userland proxy: listen tcp4 127.0.0.1:8080: bind: address already in use',
    'engine/port-in-use',
    '127.0.0.1:8080 is taken',
  ],
  [403, 'Address already in use', 'engine/address-taken', 'Plan again'],
  [500, 'failed to register layer: write /usr/x: no space left on device', 'engine/disk-full', 'docker system df'],
  [409, 'You cannot remove a running container 3f2a1c. Stop the container before', 'engine/conflict', 'cannot remove'],
  [409, 'Container 3f2a1c is paused, unpause the container before exec', 'engine/paused', 'sbx apply'],
  [409, 'Container 3f2a1c is not running', 'engine/not-running', 'sbx apply'],
  [409, 'remove sbx-web-home: volume is in use - [3f2a1c]', 'engine/in-use', 'remove that one first'],
  [403, 'error while removing network: network sbx-open id 3f has active endpoints', 'engine/in-use', 'Another'],
  [409, 'network with name sbx-open already exists', 'engine/network-taken', 'docker network rm sbx-open'],
  [400, 'Minimum memory limit allowed is 6MB', 'engine/limit-refused', 'below'],
  [
    500,
    'Cannot update container 3f2a1c: runc did not terminate successfully: exit status 1: cannot set memory limit: container could not join or create cgroup',
    'engine/limit-unsupported',
    'cgroup v2',
  ],
  [500, 'something that nobody has seen yet', 'engine/refused', 'while'],
])('%i "%s" is %s', (status, message, code, words) => {
  const [diagnostic] = told(refusal(status, message)).diagnostics
  expect(diagnostic).toMatchObject({ code, severity: 'error' })
  expect(diagnostic?.detail?.toLowerCase()).toContain(words.toLowerCase())
})

test("the client's word for a 404 is never said: it calls images and networks containers", () => {
  const { diagnostics } = told(refusal(404, 'No such image: acme/agent:1'))
  expect(JSON.stringify(diagnostics)).not.toContain('no such container')
})

test.each([
  ['ECONNREFUSED', 'connect', 'nothing answers there'],
  ['ENOENT', 'connect', 'there is no such socket'],
  ['ECONNRESET', undefined, 'the connection was cut'],
])('a connection that fails with %s names the endpoint', (code, syscall, words) => {
  const error = told(Object.assign(new Error(code), { code, syscall }))
  expect(error.kind).toBe('unreachable')
  expect(error.diagnostics[0]).toMatchObject({
    code: 'engine/unreachable',
    summary: 'Cannot reach the container engine',
    detail: expect.stringContaining(`${endpoint}: ${words}`),
  })
})

test('a socket that may not be used names the group and the command', () => {
  const error = told(Object.assign(new Error('x'), { code: 'EACCES', syscall: 'connect' }))
  expect(error.kind).toBe('unreachable')
  expect(error.diagnostics[0]).toMatchObject({
    detail: expect.stringContaining('group docker'),
    command: 'sudo usermod -aG docker "$USER"',
  })
})

test('a file that is missing is not an engine that is', () => {
  const missing = Object.assign(new Error('ENOENT: no such file'), { code: 'ENOENT', syscall: 'open' })
  expect(() => told(missing)).toThrow(missing)
})

test('a bug stays what it is', () => {
  const bug = new TypeError('x is not a function')
  expect(() => told(bug)).toThrow(bug)
})
