import { expect, test } from 'vitest'
import { declaresArgument, finalParent, parentNames, pinParents } from '../../src/template/dockerfile.js'

const dockerfile = `# FROM localhost/sbx-shell
ARG START="localhost/sbx-base"
from localhost/sbx-base AS tools
RUN echo FROM localhost/sbx-shell
FROM --platform=linux/amd64 localhost/sbx-claude:latest as main
COPY --chown=1:1 --from=localhost/sbx-shell /a /b
COPY --from=tools /a /b
FROM localhost/sbx-web-3f2a1c:0123456789ab
FROM Main
`

test('the templates that a Dockerfile stands on are those its instructions name', () => {
  expect(parentNames(dockerfile)).toEqual(['base', 'claude', 'shell'])
  expect(finalParent(dockerfile)).toBe('claude')
  expect(finalParent('FROM debian:bookworm\n')).toBeNull()
  expect(finalParent('FROM localhost/sbx-base AS a\nFROM debian\nCOPY --from=a / /\n')).toBeNull()
  expect(finalParent('')).toBeNull()
})

test('each gets its exact tag, and every other line stays', () => {
  expect(pinParents(dockerfile, (name) => `localhost/sbx-${name}:1`)).toBe(`# FROM localhost/sbx-shell
ARG START="localhost/sbx-base:1"
from localhost/sbx-base:1 AS tools
RUN echo FROM localhost/sbx-shell
FROM --platform=linux/amd64 localhost/sbx-claude:1 as main
COPY --chown=1:1 --from=localhost/sbx-shell:1 /a /b
COPY --from=tools /a /b
FROM localhost/sbx-web-3f2a1c:0123456789ab
FROM Main
`)
})

test('an argument is declared by an ARG line', () => {
  expect(declaresArgument('FROM x\narg VERSION=1\n', 'VERSION')).toBe(true)
  expect(declaresArgument('FROM x\nARG VERSIONS\nRUN echo ARG VERSION\n', 'VERSION')).toBe(false)
})
