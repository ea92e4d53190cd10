package log

import (
	"encoding/json"
	"strconv"
	"time"
)

// Version is a version of a table: the number of a commit. −1 is before the
// first.
type Version int64

// Action is one line of a commit: an [*AddFile], [*RemoveFile], [*AddCDCFile],
// [*Metadata], [*Protocol], [*CommitInfo], [*SetTransaction],
// [*DomainMetadata], [*CheckpointMetadata] or [*Sidecar]. The set is closed.
// An action is not changed after it was decoded or committed.
type Action interface{ isAction() }

// AddFile adds a data file to the table, or replaces what is known of it
// (protocol, section "Add File and Remove File").
type AddFile struct {
	// Path is the URI reference of the file exactly as the log has it; it is
	// the file's identity. DecodePath turns it into the object's name.
	Path string
	// PartitionValues maps physical partition column names to serialized
	// values; nil is null.
	PartitionValues         map[string]*string
	Size                    int64 // bytes; exact
	ModificationTime        int64 // milliseconds since the epoch
	DataChange              bool
	Stats                   string // JSON text; empty if there are none
	Tags                    map[string]*string
	DeletionVector          *DeletionVector
	BaseRowID               *int64
	DefaultRowCommitVersion *int64
	ClusteringProvider      *string
}

// RemoveFile takes a data file out of the table and leaves a tombstone.
type RemoveFile struct {
	Path                    string
	DeletionTimestamp       *int64 // milliseconds; nil counts as 0: expired
	DataChange              bool   // true if the log does not say
	ExtendedFileMetadata    *bool
	PartitionValues         map[string]*string
	Size                    *int64
	Stats                   string
	Tags                    map[string]*string
	DeletionVector          *DeletionVector
	BaseRowID               *int64
	DefaultRowCommitVersion *int64
}

// AddCDCFile names a file that holds the row changes of its commit.
type AddCDCFile struct {
	Path            string
	PartitionValues map[string]*string
	Size            int64
	DataChange      bool // always false
	Tags            map[string]*string
}

// DeletionVector says which rows of a file are deleted, or where that is
// written (protocol, section "Deletion Vectors").
type DeletionVector struct {
	StorageType    string // "u", "i" or "p"
	PathOrInlineDV string
	Offset         *int32
	SizeInBytes    int32
	Cardinality    int64
	MaxRowIndex    *int64
}

// Metadata is the table's identity, schema and properties. It replaces the
// one before it as a whole.
type Metadata struct {
	ID               string
	Name             *string
	Description      *string
	Format           Format
	SchemaString     string
	PartitionColumns []string // logical names
	Configuration    map[string]string
	CreatedTime      *int64 // milliseconds

	// Extra holds members that this version of the library does not know, so
	// that rewriting the metadata keeps them.
	Extra map[string]json.RawMessage
}

// Format is the encoding of the data files; the provider is always "parquet".
type Format struct {
	Provider string
	Options  map[string]string
}

// Protocol says what a reader and a writer must be able to do. ReaderFeatures
// is nil unless MinReaderVersion is 3, WriterFeatures unless MinWriterVersion
// is 7; an empty list is not nil.
type Protocol struct {
	MinReaderVersion int
	MinWriterVersion int
	ReaderFeatures   []string
	WriterFeatures   []string
}

// CommitInfo describes a commit. Only Operation, Timestamp, ReadVersion,
// IsolationLevel, IsBlindAppend, TxnID and InCommitTimestamp mean something to
// a program; the rest is for people.
type CommitInfo struct {
	Version             Version // of the commit it was read from; not written
	Timestamp           *int64  // milliseconds
	InCommitTimestamp   *int64  // milliseconds
	Operation           string
	OperationParameters map[string]json.RawMessage
	ReadVersion         *int64
	IsolationLevel      string
	IsBlindAppend       *bool // nil counts as false
	OperationMetrics    map[string]json.RawMessage
	UserMetadata        *string
	Tags                map[string]*string
	EngineInfo          string
	TxnID               string
	Extra               map[string]json.RawMessage // all other members, as written
}

// SetTransaction records how far an application got (protocol, section
// "Transaction Identifiers").
type SetTransaction struct {
	AppID       string
	Version     int64
	LastUpdated *int64 // milliseconds
}

// DomainMetadata is a named configuration text that belongs to a feature or an
// application.
type DomainMetadata struct {
	Domain        string
	Configuration string
	Removed       bool
}

// CheckpointMetadata is the first thing a V2 checkpoint says of itself.
type CheckpointMetadata struct {
	Version Version
	Tags    map[string]*string
}

// Sidecar names a file that holds file actions of a V2 checkpoint.
type Sidecar struct {
	Path             string
	SizeInBytes      int64
	ModificationTime int64
	Tags             map[string]*string
}

func (*AddFile) isAction()            {}
func (*RemoveFile) isAction()         {}
func (*AddCDCFile) isAction()         {}
func (*Metadata) isAction()           {}
func (*Protocol) isAction()           {}
func (*CommitInfo) isAction()         {}
func (*SetTransaction) isAction()     {}
func (*DomainMetadata) isAction()     {}
func (*CheckpointMetadata) isAction() {}
func (*Sidecar) isAction()            {}

// Key is the identity of a file in a state: the path exactly as written and
// the deletion vector (protocol, section "Action Reconciliation").
type Key struct{ Path, DV string }

// ID is the unique id of a deletion vector, or "" for none.
func (d *DeletionVector) ID() string {
	if d == nil {
		return ""
	}
	id := d.StorageType + d.PathOrInlineDV
	if d.Offset != nil {
		id += "@" + strconv.FormatInt(int64(*d.Offset), 10)
	}
	return id
}

// Key is the file's identity.
func (a *AddFile) Key() Key { return Key{a.Path, a.DeletionVector.ID()} }

// Key is the identity of the file that is removed.
func (r *RemoveFile) Key() Key { return Key{r.Path, r.DeletionVector.ID()} }

// Time is the commit's timestamp: in-commit if it has one, else the writer's
// clock, else zero.
func (c *CommitInfo) Time() time.Time {
	switch {
	case c.InCommitTimestamp != nil:
		return time.UnixMilli(*c.InCommitTimestamp).UTC()
	case c.Timestamp != nil:
		return time.UnixMilli(*c.Timestamp).UTC()
	default:
		return time.Time{}
	}
}
