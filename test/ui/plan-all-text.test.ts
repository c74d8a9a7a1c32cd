import { expect, test } from 'vitest'
import { planAllEnd, planAllText, type PlannedOfFile } from '../../src/ui/plan-all-text.js'
import { context, home, situations } from './situations.js'

function planned(name: keyof typeof situations, folder: string, title = folder): PlannedOfFile {
  const [one] = situations[name] ?? []
  if (one === undefined) throw new Error(name)
  const plan = { ...one.plan, name: title, id: `${folder}-3f2a1c` }
  return { file: `${home}/src/${folder}/sandbox.yaml`, planned: { ...one, plan } }
}

const failed: PlannedOfFile = {
  file: `${home}/src/broken/sandbox.yaml`,
  diagnostics: [{ severity: 'error', code: 'config/unknown-key', summary: 'Unknown key' }],
}

function textOf(all: readonly PlannedOfFile[]): string[] {
  const command = (text: string, file?: string): string => (file === undefined ? text : `${text} --config ${file}`)
  return [...planAllText(all, { ...context, configFile: null, command }), ...planAllEnd(all, context)]
}

test('many plans: a table of all, those that change something in full, and one count', async () => {
  const all = [
    ...[planned('create', 'api'), failed, planned('no-change', 'docs'), planned('start', 'shop')],
    planned('recreate', 'web'),
  ]
  const lines = textOf(all)
  const table = lines.slice(2, lines.indexOf('', 2)).map((line) => line.trim().split(/ {2,}/))
  expect(table[0]).toEqual(['NAME', 'FOLDER', 'ACTION', 'WHY'])
  expect(table.map((row) => row.find((cell) => /^(create|failed|unchanged|start|recreate)$/.test(cell)))).toEqual([
    undefined,
    'create',
    'failed',
    'unchanged',
    'start',
    'recreate',
  ])
  expect(lines.filter((line) => line.length > 80)).toEqual([])
  expect(lines.find((line) => line.startsWith('Plan:'))).toMatch(
    /^Plan: 1 to create, 1 to start, 0 to update, 1 to recreate/,
  )
  expect(lines.at(-1)).toBe('1 file of 5 failed.')
  await expect(`${lines.join('\n')}\n`).toMatchFileSnapshot('golden/all.txt')
})

test('where nothing changes it says so, and of how many failed', () => {
  expect(textOf([planned('no-change', 'docs')]).at(-1)).toBe('No changes.')
  expect(textOf([planned('no-change', 'docs'), failed]).slice(-2)).toEqual(['No other changes.', '1 file of 2 failed.'])
})

test('what one of them was before is an orphan to none', () => {
  const left = { id: 'old-0533b0', displayName: 'old', workspace: `${home}/src/old` }
  const noting = (one: PlannedOfFile, kind: 'orphan' | 'moved-from'): PlannedOfFile => {
    if (!('planned' in one)) throw new Error('not planned')
    const plan = { ...one.planned.plan, notes: [{ kind, ...left }] }
    return { ...one, planned: { ...one.planned, plan } }
  }
  const [api, web] = [planned('no-change', 'api'), planned('no-change', 'web')]
  const told = textOf([noting(api, 'orphan'), noting(web, 'moved-from')]).join('\n')
  expect(told).not.toContain('orphan')
  expect(told.match(/sbx adopt .*/g)).toEqual([`sbx adopt old-0533b0 --config ${home}/src/web/sandbox.yaml`])
  expect(textOf([noting(api, 'orphan'), web]).join('\n')).toContain('old is an orphan')
})

test('no name, folder or summary brings a line or a colour of its own', () => {
  const lines = textOf([planned('no-change', 'a\u001b[31m\nPlan: 0 to create', 'web\u001b[2J\nNo changes.\u202e')])
  expect(lines.join('\n')).not.toMatch(/[\u001b\u202e]/)
  expect(lines.filter((line) => line.trim() === 'No changes.')).toHaveLength(1)
  expect(lines.filter((line) => line.startsWith('Plan:'))).toEqual([])
})
