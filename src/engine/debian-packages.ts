// Files that a package manager put into a container, by what it wrote down itself.

const listFolder = '/var/lib/dpkg/info/'

/** Whether a changed path is the list of what a Debian package that was installed or upgraded has. */
export function isPackageList(path: string): boolean {
  return path.startsWith(listFolder) && path.endsWith('.list') && !path.slice(listFolder.length).includes('/')
}

/** Of one such list. Old lists name folders that are links to `/usr` by now, as `/bin`. */
export function packagedPaths(list: string): string[] {
  return list
    .split('\n')
    .filter((line) => line.startsWith('/') && line !== '/.')
    .flatMap((path) => (/^\/(?:s?bin|lib\w*)\//.test(path) ? [path, `/usr${path}`] : [path]))
}
