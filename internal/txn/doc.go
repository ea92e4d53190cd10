// Package txn makes a staged transaction the next version of a table, or says
// why it cannot be.
//
//	put v ──► created                                     committed
//	      ──► rejected, nothing of ours outstanding       not committed
//	      ──► anything else: look v up
//	             ours    committed                        (a lost answer, a hidden retry)
//	             theirs  check every winner, rebase, put latest+1
//	             absent  still unknown: put the same bytes at v again
//
// Invariants:
//
//	(1) One transaction has one txnId for all its attempts; it is in the
//	    commitInfo of every body that is put.
//	(2) Nothing is put at v+1 before somebody's commit was seen at v. So at
//	    most one of our bodies can ever land: a delayed put at v finds the
//	    name taken.
//	(3) "Not committed" is said only when that is proven; when it is not, the
//	    answer is [UnknownError], and the data files stay.
//	(4) What follows a commit (.crc, checkpoint) cannot undo or fail it.
//	(5) Every wait is bounded by ctx, by Retry.Elapsed and by a deadline for
//	    each request. After a put has begun, the end of ctx does not stop the
//	    look-up that settles it, only shortens it.
package txn
