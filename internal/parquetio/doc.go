// Package parquetio turns data files into Arrow batches, and batches into data
// files.
//
// Reading:
//
//	Open            the footer, checked (see package parquetfile)
//	Bounds, Pages   what the statistics of a row group or a page prove
//	Bloom           which values a row group lacks
//	Read(ReadPlan)  wanted columns × wanted rows → batches
//	                (ranges, less the rows of a deletion vector)
//
//	for each row group with wanted rows
//	   resolve     the table's columns against the file's: by name, any
//	               encoding that the protocol allows, narrower types widened
//	   load        the column chunks, or the pages that hold wanted rows
//	   for each batch, of so many wanted rows
//	      column   levels and values of the leaves, one page after another:
//	               long gaps between wanted rows are skipped, short ones
//	               decoded with them and closed, run by run
//	      assemble levels → validity and offsets → arrays; shredded variants are
//	               put together, all variants checked
//
// A batch has exactly the layout that arrowconv.Schema gives to the plan's
// schema, whatever the file has: columns the file lacks are null, decimals and
// timestamps are in the table's precision and unit. It carries the physical
// positions of its rows, which deletion vectors, row ids and page pruning need.
//
// What is decoded by our own loops, and not by arrow-go's pqarrow, is the step
// from pages to arrays: INT96 over all years, legacy lists and widened types
// come out of one place, batches are bounded, and no metadata that the file
// brings decides what is built. arrow-go reads the pages and decodes levels and
// values.
//
// A file whose type is neither equal to the table's nor narrower in a way that
// the protocol's type widening allows is a [*TypeError]. Damage is a
// [*parquetfile.Error]. Neither is ever a panic.
package parquetio
