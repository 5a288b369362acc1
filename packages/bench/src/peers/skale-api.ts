/** The calls of skale 1.2.2 that the cases use; it has no types of its own, and a function gets captured values as `args`. */

export interface SkaleDataset {
  map(fn: (row: any, args: any) => unknown, args?: unknown): SkaleDataset
  flatMap(fn: (row: any, args: any) => unknown[], args?: unknown): SkaleDataset
  reduceByKey(fn: (left: any, right: any) => unknown, zero: unknown): SkaleDataset
  groupByKey(): SkaleDataset
  join(other: SkaleDataset): SkaleDataset
  sortByKey(): SkaleDataset
  sortBy(fn: (row: any) => unknown): SkaleDataset
  persist(): SkaleDataset
  count(): Promise<number>
  reduce(fn: (left: any, right: any) => unknown, zero: unknown): Promise<any>
  aggregate(
    merge: (total: any, row: any) => unknown,
    combine: (left: any, right: any) => unknown,
    zero: unknown,
  ): Promise<any>
}

export interface SkaleContext {
  range(start: number, end: number, step: number, partitions: number): SkaleDataset
  textFile(path: string): SkaleDataset
  end(): void
}
