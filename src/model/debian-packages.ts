// What dpkg writes down of the packages in a container: for each a list of its files.

/** Where the lists are, as `NAME.list` or `NAME:ARCHITECTURE.list`. */
export const packageLists = '/var/lib/dpkg/info'

const packageList = /^\/var\/lib\/dpkg\/info\/([a-z0-9][a-z0-9+.-]+(?::[a-z0-9-]+)?)\.list$/

/** The package of whose files a path is the list; null where it is none. */
export function listedPackage(path: string): string | null {
  return packageList.exec(path)?.[1] ?? null
}

/**
 * Every path in a list, one a line. Where `/bin` and its like are links to the folders of those names in `/usr`, packages
 * still say `/bin`.
 */
export function pathsIn(list: string): string[] {
  return list
    .split('\n')
    .filter((path) => path.startsWith('/') && path !== '/.')
    .flatMap((path) => (/^\/(?:bin|sbin|lib\w*)\//.test(path) ? [path, `/usr${path}`] : [path]))
}
