import { expect, test } from 'vitest'
import { durationText, elapsedText, memoryText, pathText, withTilde } from '../../src/ui/quantities.js'

test.each([
  [4 * 2 ** 30, '4g'],
  [1536 * 2 ** 20, '1536m'],
  [2 ** 30 + 1024, '1048577k'],
  [1, '1b'],
])('%i bytes are %s', (bytes, text) => {
  expect(memoryText(bytes)).toBe(text)
})

test.each([
  [0, 'a moment'],
  [1, '1 second'],
  [59, '59 seconds'],
  [119, '1 minute'],
  [3600 * 30, '1 day'],
  [4 * 86_400 + 5, '4 days'],
  [12 * 86_400, '12 days'],
  [15 * 86_400, '2 weeks'],
  [45 * 86_400, '6 weeks'],
  [400 * 86_400, '1 year'],
])('%i seconds are %s', (seconds, text) => {
  expect(durationText(seconds)).toBe(text)
})

test('a stopwatch has one decimal', () => {
  expect(elapsedText(12_440)).toBe('12.4s')
})

test.each([
  ['/home/me', '~'],
  ['/home/me/src', '~/src'],
  ['/home/meier/src', '/home/meier/src'],
  ['/mnt/home/me/src', '/mnt/home/me/src'],
  ['host folder /home/me/data, read-only', 'host folder ~/data, read-only'],
])('%j is shown as %j', (text, shown) => {
  expect(withTilde(text, '/home/me')).toBe(shown)
})

test('a home folder that is the root is not shortened', () => {
  expect(withTilde('/etc/x', '/')).toBe('/etc/x')
})

test.each([
  ['/home/me/src/web/sandbox.yaml', 'sandbox.yaml'],
  ['/home/me/.config/sbx/sandbox.yaml', '~/.config/sbx/sandbox.yaml'],
  ['/etc/sandbox.yaml', '/etc/sandbox.yaml'],
])('%j from the working folder is %j', (path, shown) => {
  expect(pathText(path, '/home/me/src/web', '/home/me')).toBe(shown)
})
