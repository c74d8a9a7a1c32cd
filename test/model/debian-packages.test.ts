import { expect, test } from 'vitest'
import { listedPackage, pathsIn } from '../../src/model/debian-packages.js'

test('a list of a package names what is its, whatever `/bin` leads to', () => {
  expect(listedPackage('/var/lib/dpkg/info/libc6:i386.list')).toBe('libc6:i386')
  expect(listedPackage('/var/lib/dpkg/info/x/y.list')).toBe(null)
  expect(pathsIn('/.\n/bin\n/bin/a\n/lib64/b\n/opt/c\nodd\n')).toEqual([
    ...['/bin', '/bin/a', '/usr/bin/a', '/lib64/b', '/usr/lib64/b', '/opt/c'],
  ])
})
