import { expect, test } from 'vitest'
import { workspaceReportLines } from '../../src/ui/workspace-report-text.js'

const context = {
  ...{ workspace: '/home/ada/src/web', home: '/home/ada', since: 'this session began' },
  ...{ columns: 80, hasUnicode: false },
}

test('what a session left to be run or trusted is a table', () => {
  const changes = [
    { path: '.git/config', what: ['core.fsmonitor = touch /tmp/x', 'core.pager = evil'] },
    { path: 'bin/tool', what: ['setuid: runs as root, whoever starts it'] },
  ]
  expect(workspaceReportLines({ changes, isCut: true }, context)).toEqual([
    'note: Changed in ~/src/web since this session began, and run or trusted on this machine:',
    '  .git/config  core.fsmonitor = touch /tmp/x',
    '               core.pager = evil',
    '  bin/tool     setuid: runs as root, whoever starts it',
    '  There are more files than could be looked through.',
  ])
})

test('prose is told whole', () => {
  const what = ['replaced, and no longer hidden from this sandbox until the next sbx apply']
  const [, ...lines] = workspaceReportLines({ changes: [{ path: 'config/keys', what }], isCut: false }, context)
  expect(lines).toEqual([
    '  config/keys  replaced, and no longer hidden from this sandbox until the next',
    '               sbx apply',
  ])
})

test('nothing is no line, also where the look was cut short', () => {
  expect(workspaceReportLines({ changes: [], isCut: true }, context)).toEqual([])
})

test('names and values of an agent reach no terminal raw, and no more of them than a person reads', () => {
  const changes = Array.from({ length: 30 }, (_, index) => ({
    path: `\u001b[2J${index}\n`,
    what: [`core.pager = ${'x'.repeat(500)}\u202e`],
  }))
  const lines = workspaceReportLines({ changes, isCut: false }, context)
  expect(lines).toHaveLength(22)
  expect(lines.at(-1)).toBe('  and 10 more')
  for (const line of lines) {
    expect(line).not.toMatch(/[\p{Cc}\p{Cf}]/u)
    expect(line.length).toBeLessThanOrEqual(90)
  }
})
