// The part of cosmiconfig's own class that sbx uses; the package's declarations leave it out.

declare module 'cosmiconfig/dist/Explorer.js' {
  export class Explorer {
    constructor(options: {
      readonly moduleName: string
      readonly searchPlaces: readonly string[]
      readonly searchStrategy: 'none'
      readonly loaders: Readonly<Record<string, () => object>>
      readonly ignoreEmptySearchPlaces: boolean
      readonly cache: boolean
      readonly transform: <T>(result: T) => T
      readonly metaConfigFilePath: null
      readonly mergeImportArrays: boolean
      readonly mergeSearchPlaces: boolean
      readonly applyPackagePropertyPathToConfiguration: boolean
    })
    search(folder: string): Promise<{ readonly filepath: string } | null>
  }
}
