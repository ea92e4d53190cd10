package log

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/foreset/foreset/storage"
)

// Checksum is what a version must look like (protocol, section "Version
// Checksum File"): its small actions whole, its files as counts. It saves
// replaying the log to open a table, and shows when a replay went wrong.
type Checksum struct {
	TxnID              string // of the commit; "" if it is not known
	TableSizeBytes     int64
	NumFiles           int64
	NumDeletedRecords  *int64            // by deletion vectors; nil is unknown
	NumDeletionVectors *int64            // nil is unknown
	NumMetadata        int64             // always 1
	NumProtocol        int64             // always 1
	InCommitTimestamp  *int64            // milliseconds
	SetTransactions    []*SetTransaction // nil is unknown; empty is none
	DomainMetadata     []*DomainMetadata // nil is unknown; empty is none
	Metadata           *Metadata
	Protocol           *Protocol
	FileSizes          *Histogram // nil is unknown
	DeletedRecords     []int64    // files by the magnitude of their deleted records; nil is unknown
	AllFiles           []*AddFile // nil is unknown
}

// setTransactionsMax is how many applications a checksum lists before it
// leaves them all out, as Spark does.
const setTransactionsMax = 100

// DecodeChecksum reads a .crc file. A file that does not describe exactly one
// protocol and one metadata, or says one thing twice, is [ErrCorrupt]. Nil
// limits are the defaults.
func DecodeChecksum(body []byte, limits *Limits) (*Checksum, error) {
	l := limits.withDefaults()
	l.LineBytes = l.CommitBytes
	s := newScanner(&l, newWords())
	if !s.start(body) {
		s.fail(errEnd)
	}
	c := s.checksum()
	s.end()
	if s.err == nil {
		s.err = c.check()
	}
	if s.err != nil {
		return nil, named(s.err, "", 0)
	}
	return c, nil
}

func (s *scanner) checksum() *Checksum {
	c := &Checksum{}
	var g given
	var sized, counted bool
	for name := range s.members {
		switch string(name) {
		case "txnId":
			g.once(s, 0)
			c.TxnID = s.text()
		case "tableSizeBytes":
			g.once(s, 1)
			c.TableSizeBytes, sized = s.int64()
		case "numFiles":
			g.once(s, 2)
			c.NumFiles, counted = s.int64()
		case "numDeletedRecordsOpt":
			g.once(s, 3)
			c.NumDeletedRecords = s.optInt64()
		case "numDeletionVectorsOpt":
			g.once(s, 4)
			c.NumDeletionVectors = s.optInt64()
		case "numMetadata":
			g.once(s, 5)
			c.NumMetadata, _ = s.int64()
		case "numProtocol":
			g.once(s, 6)
			c.NumProtocol, _ = s.int64()
		case "inCommitTimestampOpt":
			g.once(s, 7)
			c.InCommitTimestamp = s.optInt64()
		case "setTransactions":
			g.once(s, 8)
			c.SetTransactions = objects(s, (*scanner).setTransaction)
		case "domainMetadata":
			g.once(s, 9)
			c.DomainMetadata = objects(s, (*scanner).domainMetadata)
		case "metadata":
			g.once(s, 10)
			c.Metadata = optObject(s, (*scanner).metadata)
		case "protocol":
			g.once(s, 11)
			c.Protocol = optObject(s, (*scanner).protocol)
		case "fileSizeHistogram", "histogramOpt": // the second is the name of older writers
			g.once(s, 12)
			c.FileSizes = optObject(s, (*scanner).histogram)
		case "deletedRecordCountsHistogramOpt":
			g.once(s, 13)
			c.DeletedRecords = s.deletedRecords()
		case "allFiles":
			g.once(s, 14)
			c.AllFiles = objects(s, (*scanner).addFile)
		default:
			s.skip()
		}
	}
	s.require(sized, "tableSizeBytes")
	s.require(counted, "numFiles")
	return c
}

func (s *scanner) deletedRecords() []int64 {
	if s.null() {
		return nil
	}
	var counts []int64
	for name := range s.members {
		if string(name) == "deletedRecordCounts" {
			counts = s.integers()
		} else {
			s.skip()
		}
	}
	return counts
}

// check says why a checksum is not to be trusted.
func (c *Checksum) check() error {
	switch {
	case c.NumMetadata != 1 || c.Metadata == nil:
		return errors.New("not exactly one metadata")
	case c.NumProtocol != 1 || c.Protocol == nil:
		return errors.New("not exactly one protocol")
	case c.negative():
		return errors.New("a negative count")
	}
	return nil
}

func (c *Checksum) negative() bool {
	return c.NumFiles < 0 || c.TableSizeBytes < 0 ||
		c.NumDeletedRecords != nil && *c.NumDeletedRecords < 0 ||
		c.NumDeletionVectors != nil && *c.NumDeletionVectors < 0
}

// objects reads a list of objects; nil for null.
func objects[T any](s *scanner, read func(*scanner) *T) []*T {
	if s.null() {
		return nil
	}
	list := []*T{}
	for range s.elements {
		list = append(list, read(s))
	}
	return list
}

// optObject reads an object; nil for null.
func optObject[T any](s *scanner, read func(*scanner) *T) *T {
	if s.null() {
		return nil
	}
	return read(s)
}

// integers reads a list of integers; nil for null.
func (s *scanner) integers() []int64 {
	if s.null() {
		return nil
	}
	list := []int64{}
	for range s.elements {
		list = append(list, s.integer(64))
	}
	return list
}

// Encode is the text of the .crc file, in Spark's order of members.
func (c *Checksum) Encode() []byte {
	o := newObject(nil)
	o.someText("txnId", c.TxnID)
	o.int64("tableSizeBytes", c.TableSizeBytes)
	o.int64("numFiles", c.NumFiles)
	o.optInt64("numDeletedRecordsOpt", c.NumDeletedRecords)
	o.optInt64("numDeletionVectorsOpt", c.NumDeletionVectors)
	o.int64("numMetadata", c.NumMetadata)
	o.int64("numProtocol", c.NumProtocol)
	o.optInt64("inCommitTimestampOpt", c.InCommitTimestamp)
	appendObjects(&o, "setTransactions", c.SetTransactions, appendSetTransaction)
	appendObjects(&o, "domainMetadata", c.DomainMetadata, appendDomainMetadata)
	if c.Metadata != nil {
		o.member("metadata")
		o.dst = appendMetadata(o.dst, c.Metadata)
	}
	if c.Protocol != nil {
		o.member("protocol")
		o.dst = appendProtocol(o.dst, c.Protocol)
	}
	if h := c.FileSizes; h != nil {
		o.member("fileSizeHistogram")
		m := newObject(o.dst)
		m.integers("sortedBinBoundaries", h.Boundaries)
		m.integers("fileCounts", h.Counts)
		m.integers("totalBytes", h.Bytes)
		o.dst = m.end()
	}
	if c.DeletedRecords != nil {
		o.member("deletedRecordCountsHistogramOpt")
		m := newObject(o.dst)
		m.integers("deletedRecordCounts", c.DeletedRecords)
		o.dst = m.end()
	}
	appendObjects(&o, "allFiles", c.AllFiles, appendAdd)
	return o.end()
}

func appendObjects[T any](o *object, name string, list []T, appendOne func([]byte, T) []byte) {
	if list == nil {
		return
	}
	o.member(name)
	o.dst = append(o.dst, '[')
	for i, v := range list {
		if i > 0 {
			o.dst = append(o.dst, ',')
		}
		o.dst = appendOne(o.dst, v)
	}
	o.dst = append(o.dst, ']')
}

// ReadChecksum reads the checksum of version v. The error is fs.ErrNotExist if
// there is none, and [ErrCorrupt] if it is not to be trusted; either way the
// version can be read without it.
func ReadChecksum(ctx context.Context, st storage.Store, v Version) (*Checksum, error) {
	l := (*Limits)(nil).withDefaults()
	body, _, err := getObject(ctx, st, ChecksumName(v), &l)
	if err != nil {
		return nil, fmt.Errorf("read checksum %d: %w", v, err)
	}
	c, err := DecodeChecksum(body, &l)
	if err != nil {
		return nil, fmt.Errorf("read checksum %d: %w", v, named(err, ChecksumName(v), 0))
	}
	return c, nil
}

// WriteChecksum writes the checksum of version v, which is committed, unless
// it has one. It never replaces one. A checksum that contradicts itself is
// [ErrInvalid] and not written.
func WriteChecksum(ctx context.Context, st storage.Store, v Version, c *Checksum) error {
	if err := c.check(); err != nil {
		return fmt.Errorf("write checksum %d: %w: %w", v, ErrInvalid, err)
	}
	if _, _, err := st.PutIfAbsent(ctx, ChecksumName(v), c.Encode()); err != nil {
		return fmt.Errorf("write checksum %d: %w", v, err)
	}
	return nil
}

// Advance is the checksum of the version that a commit of these actions makes
// of c's version. It reports false when the actions alone do not tell: a
// removed file's size is not given, or the operation may add a file that is
// in the table already, which would count it twice.
func (c *Checksum) Advance(actions []Action) (*Checksum, bool) {
	if !c.exactlyCounts(actions) {
		return nil, false
	}
	n := *c
	n.TxnID, n.InCommitTimestamp = "", nil
	n.AllFiles = nil
	n.SetTransactions, n.DomainMetadata = slices.Clone(c.SetTransactions), slices.Clone(c.DomainMetadata)
	n.FileSizes = c.FileSizes.clone()
	for _, a := range actions {
		if !n.apply(a) {
			return nil, false
		}
	}
	if len(n.SetTransactions) > setTransactionsMax {
		n.SetTransactions = nil
	}
	return &n, true
}

// exactlyCounts reports whether the files that actions name can be counted
// without knowing which are in the table.
func (c *Checksum) exactlyCounts(actions []Action) bool {
	files, operation := false, ""
	for _, a := range actions {
		switch a := a.(type) {
		case *AddFile:
			files = true
		case *RemoveFile:
			files = true
			if a.Size == nil {
				return false
			}
		case *CommitInfo:
			operation = a.Operation
		}
	}
	return !files || addsOnlyNewFiles(operation)
}

// addsOnlyNewFiles reports whether an operation is known to add no file (a
// path with its deletion vector) that is live, and to remove none that is not.
// Others, such as computing statistics or filling in row ids, add live files
// again to change what is known of them.
func addsOnlyNewFiles(operation string) bool {
	switch strings.ToUpper(operation) {
	case "WRITE", "STREAMING UPDATE", "DELETE", "UPDATE", "MERGE", "TRUNCATE", "OPTIMIZE",
		"CREATE TABLE", "CREATE TABLE AS SELECT", "REPLACE TABLE", "REPLACE TABLE AS SELECT",
		"CREATE OR REPLACE TABLE", "CREATE OR REPLACE TABLE AS SELECT", "COPY INTO":
		return true
	default:
		return false
	}
}

// apply counts one action. It reports false if that leads to nonsense.
func (c *Checksum) apply(a Action) bool {
	switch a := a.(type) {
	case *AddFile:
		return c.count(1, a.Size, a.DeletionVector)
	case *RemoveFile:
		return c.count(-1, *a.Size, a.DeletionVector)
	case *Metadata:
		c.Metadata = a
	case *Protocol:
		c.Protocol = a
	case *CommitInfo:
		c.TxnID, c.InCommitTimestamp = a.TxnID, a.InCommitTimestamp
	case *SetTransaction:
		if c.SetTransactions != nil {
			c.SetTransactions = replaceOne(c.SetTransactions, a,
				func(t *SetTransaction) bool { return t.AppID == a.AppID })
		}
	case *DomainMetadata:
		if c.DomainMetadata != nil {
			same := func(d *DomainMetadata) bool { return d.Domain == a.Domain }
			if a.Removed {
				c.DomainMetadata = slices.DeleteFunc(c.DomainMetadata, same)
			} else {
				c.DomainMetadata = replaceOne(c.DomainMetadata, a, same)
			}
		}
	}
	return true
}

// count takes a file in (by 1) or out (by −1). It reports false if there can
// be no such file, or the sum no longer fits.
func (c *Checksum) count(by, size int64, dv *DeletionVector) bool {
	c.NumFiles += by
	c.TableSizeBytes += by * size
	c.DeletedRecords = nil
	if dv != nil {
		c.NumDeletionVectors = plus(c.NumDeletionVectors, by)
		c.NumDeletedRecords = plus(c.NumDeletedRecords, by*dv.Cardinality)
	}
	if !c.FileSizes.count(by, size) {
		c.FileSizes = nil
	}
	return size >= 0 && !c.negative()
}

func plus(n *int64, by int64) *int64 {
	if n == nil {
		return nil
	}
	sum := *n + by
	return &sum
}

// replaceOne is the list with v in place of the element that is the same, or
// at its end.
func replaceOne[T any](list []T, v T, same func(T) bool) []T {
	if i := slices.IndexFunc(list, same); i >= 0 {
		list[i] = v
		return list
	}
	return append(list, v)
}

// FirstChecksum is the checksum of version 0, committed with these actions:
// everything in it is known. It is nil if they are no first commit: without a
// protocol or a metadata, or naming a file twice or one that was there before.
func FirstChecksum(actions []Action) *Checksum {
	none := int64(0)
	c := &Checksum{
		NumDeletedRecords: &none, NumDeletionVectors: &none,
		NumMetadata: 1, NumProtocol: 1,
		SetTransactions: []*SetTransaction{}, DomainMetadata: []*DomainMetadata{},
		FileSizes: NewHistogram(),
	}
	added := map[Key]bool{}
	for _, a := range actions {
		switch a := a.(type) {
		case *RemoveFile:
			return nil
		case *AddFile:
			if added[a.Key()] {
				return nil
			}
			added[a.Key()] = true
		}
		if !c.apply(a) {
			return nil
		}
	}
	if c.check() != nil {
		return nil
	}
	return c
}
