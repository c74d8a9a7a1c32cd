// "Did you mean": the nearest of the words that would have been right.

import { distance } from 'fastest-levenshtein'

/** Words of other tools for what a config file calls otherwise. */
const synonyms: Readonly<Record<string, string>> = {
  environment: 'env',
  env_file: 'envFile',
  volumes: 'mounts',
  image: 'template',
  build: 'setup',
  limits: 'resources',
  cpu: 'cpus',
  mem: 'memory',
  ram: 'memory',
  mem_limit: 'memory',
  pids_limit: 'pids',
  read_only: 'readonly',
  ro: 'readonly',
  src: 'source',
  destination: 'target',
  container_name: 'name',
}

/** The candidate that was most likely meant, or null where none is near. */
export function suggestion(word: string, candidates: readonly string[]): string | null {
  const lower = word.toLowerCase().replaceAll('-', '_')
  const words = [
    ...candidates.map((candidate) => ({ said: candidate.toLowerCase(), meant: candidate })),
    ...Object.entries(synonyms).flatMap(([said, meant]) => (candidates.includes(meant) ? [{ said, meant }] : [])),
  ]
  let best: string | null = null
  let bestDistance = Math.ceil(word.length / 3) + 1
  for (const { said, meant } of words) {
    const steps = distance(lower, said)
    if (steps < bestDistance) {
      best = meant
      bestDistance = steps
    }
  }
  return best
}

/** `Did you mean X?`, or else all there are. */
export function didYouMean(word: string, candidates: readonly string[]): string {
  const meant = suggestion(word, candidates)
  if (meant !== null) return `Did you mean \`${meant}\`?`
  if (candidates.length === 0) return 'There are none.'
  return `There ${candidates.length === 1 ? 'is' : 'are'}: ${candidates.join(', ')}.`
}
