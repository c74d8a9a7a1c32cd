import { expect, test } from 'vitest'
import { parentReferences } from '../../../src/engine/image/parents.js'

function parents(dockerfile: string, buildArgs: Readonly<Record<string, string>> = {}): string[] {
  const files = { Dockerfile: { mode: 0o644, text: dockerfile } }
  return parentReferences({ files, dockerfile: 'Dockerfile', buildArgs, labels: {} })
}

test('what a build stands on is each image that is named, once', () => {
  expect(parents('FROM debian:12\nRUN true\nFROM debian:12\n')).toEqual(['debian:12'])
  expect(parents('from --platform=linux/arm64 debian:12 as build\nFROM scratch\nCOPY --from=build /a /b\n')).toEqual([
    'debian:12',
  ])
  expect(parents('FROM a AS one\nFROM one\nCOPY --chown=1:1 --from=ghcr.io/b:2 /a /b\nCOPY --from=0 /c /d\n')).toEqual([
    'a',
    'ghcr.io/b:2',
  ])
  expect(parents('# FROM a\nFROM \\\n  # why\n  b:1\nRUN echo \\\n  FROM c\n')).toEqual(['b:1'])
})

test('arguments before the first stage count, and what only the builder knows does not', () => {
  const text = 'ARG BASE="debian"\nARG TAG\nFROM ${BASE}:${TAG:-12}\nARG OTHER=x\nFROM $OTHER\n'
  expect(parents(text)).toEqual(['debian:12'])
  expect(parents(text, { BASE: 'ubuntu', TAG: '24' })).toEqual(['ubuntu:24'])
})

test('a text within an instruction is none', () => {
  const text = 'FROM a\nRUN python3 <<-"END"\nfrom b\n\tEND\nFROM c\nRUN cat <<< EOF\nFROM d\n'
  expect(parents(text)).toEqual(['a', 'c', 'd'])
})

test('of a file that is not text nothing is known', () => {
  const files = { Dockerfile: { mode: 0o644, hostPath: '/x', digest: '' } }
  expect(parentReferences({ files, dockerfile: 'Dockerfile', buildArgs: {}, labels: {} })).toEqual([])
})
