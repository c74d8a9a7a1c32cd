// The lines that inside.sh prints, and the table that comes of them.

export type Outcome = { readonly name: string; readonly isDone: boolean; readonly seen: string }

export function outcomesIn(printed: string): readonly Outcome[] {
  return printed
    .split('\n')
    .map((line) => line.split('\t'))
    .filter(([name, outcome]) => name !== undefined && (outcome === 'done' || outcome === 'refused'))
    .map(([name = '', outcome, seen = '']) => ({ name, isDone: outcome === 'done', seen: seen.trim() }))
}

export type Row = { readonly name: string; readonly tries: string; readonly outcome: string; readonly seen: string }

export function printTable(title: string, rows: readonly Row[]): void {
  const width = Math.max(...rows.map(({ name }) => name.length))
  const wide = Math.max(...rows.map(({ tries }) => tries.length))
  const lines = rows.map(
    ({ name, tries, outcome, seen }) =>
      `  ${name.padEnd(width)}  ${tries.padEnd(wide)}  ${outcome}  ${seen.slice(0, 60)}`,
  )
  process.stdout.write(`${title}\n${lines.join('\n')}\n`)
}
