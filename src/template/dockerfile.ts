// Which built-in images a Dockerfile stands on. It names them `localhost/sbx-<name>`; a build gets the exact tag put in,
// because `:latest` may be what another version of sbx built.

const builtInReference =
  /^([ \t]*(?:FROM[ \t]+(?:--\S+[ \t]+)*|ARG[ \t]+\w+=["']?|COPY[ \t]+(?:--\S+[ \t]+)*?--from=))localhost\/sbx-([a-z0-9-]+)(?::latest)?(?=["'\s]|$)/gim

/** Names after `localhost/sbx-`, each once, in the order of the lines. */
export function parentNames(dockerfile: string): readonly string[] {
  return [...new Set([...dockerfile.matchAll(builtInReference)].map((match) => match[2] as string))]
}

/** The same Dockerfile with each parent named by the tag that `tagOf` gives. */
export function pinParents(dockerfile: string, tagOf: (name: string) => string): string {
  return dockerfile.replace(builtInReference, (_, before: string, name: string) => `${before}${tagOf(name)}`)
}

export function declaresArgument(dockerfile: string, name: string): boolean {
  return new RegExp(`^[ \\t]*ARG[ \\t]+${name}\\b`, 'im').test(dockerfile)
}

/** The built-in template that the last stage stands on, also through stages before it; null where there is none. */
export function finalParent(dockerfile: string): string | null {
  const stages = [...dockerfile.matchAll(/^[ \t]*FROM[ \t]+(?:--\S+[ \t]+)*(\S+)(?:[ \t]+AS[ \t]+(\S+))?/gim)]
  let wanted = stages.at(-1)?.[1]
  for (const [, image, name] of stages.toReversed()) {
    if (name !== undefined && name.toLowerCase() === wanted?.toLowerCase()) wanted = image
  }
  return parentNames(`FROM ${wanted ?? ''}`)[0] ?? null
}
