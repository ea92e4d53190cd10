// Package conflict decides whether a transaction may still commit after
// another one that it did not know of has committed first. It is a pure
// function over values: [Check] looks at one winner; the commit loop calls it
// for every winner in ascending order.
//
// The rules, in the order in which they are tried:
//
//	(1)  the winner changed the protocol: it must be one we support, we must
//	     not have changed it too, nothing may have been dropped, and what was
//	     added must leave staged work valid            ProtocolChanged
//	(2)  the winner changed the metadata: it must be a change from a short
//	     list that leaves staged work valid            MetadataChanged
//	(3)  both changed the same metadata domain         ConcurrentTransaction
//	(4)  both recorded the same application            ConcurrentTransaction,
//	     or the winner already did our work            AlreadyApplied
//	(9)  the winner added a file that we should have read   ConcurrentAppend
//	(10) the winner removed a file that we read        ConcurrentDeleteRead
//	(11) both removed the same file                    ConcurrentDeleteDelete
//
// Whether our own commit landed (0) is found out before this package is asked,
// and the in-commit timestamp (12) is rewritten by the commit loop.
//
// Which of a winner's adds "should have been read" depends on the isolation
// level. Serializable: all that match what was read. WriteSerializable: of
// those, not the ones of a blind append. SnapshotIsolation: none. A
// transaction that read nothing, a blind append, never fails by (9) and (10).
//
// Uncertainty is a conflict: a reader that cannot tell whether a file matches
// must say that it may.
package conflict
