// Package variantbin reads and builds variants: semi-structured values in the
// binary form that Parquet's VariantEncoding specifies.
//
//	metadata   header | count | offsets | names      the names of all fields, shared by
//	                                                 every object inside the value
//	value      header | data                         a scalar, or
//	           header | count | offsets | values     an array, or
//	           header | count | ids | offsets | values   an object; ids are of the names
//
// A [Dictionary] is loaded from metadata; [Dictionary.Check] says whether a
// value is whole and well-formed under it, and [Dictionary.AppendJSON] is its
// text. The Append functions build values, from the inside out.
//
// All of it takes bytes from anywhere. Nothing panics, nesting is bounded by
// [DepthMax], and work and memory are linear in what is given: an object whose
// fields all point at the same large value would otherwise be text without end,
// so the values inside of one may not overlap, and text has a limit of its own
// (a long name can be in many objects).
//
// Names and strings that are not UTF-8 are kept; their text has U+FFFD there.
package variantbin
