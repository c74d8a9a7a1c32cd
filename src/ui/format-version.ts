/** One for all documents of sbx: it moves when a script that reads one of them would have to change. */
export const formatVersion = '1.0'
