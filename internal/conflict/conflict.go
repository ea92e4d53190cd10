package conflict

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/foreset/foreset/internal/feature"
	"github.com/foreset/foreset/log"
	"github.com/foreset/foreset/schema"
)

// Level is an isolation level; the zero value is Serializable.
type Level uint8

const (
	Serializable Level = iota
	WriteSerializable
	SnapshotIsolation
)

// String is the level as the log spells it.
func (l Level) String() string {
	switch l {
	case WriteSerializable:
		return "WriteSerializable"
	case SnapshotIsolation:
		return "SnapshotIsolation"
	default:
		return "Serializable"
	}
}

// ParseLevel reads the spelling of the log; an unknown one is Serializable,
// the strictest.
func ParseLevel(s string) Level {
	switch s {
	case "WriteSerializable":
		return WriteSerializable
	case "SnapshotIsolation":
		return SnapshotIsolation
	default:
		return Serializable
	}
}

// Txn is a transaction that wants to commit: what it read and what it would
// write.
type Txn struct {
	Level    Level
	Protocol *log.Protocol // of the version that was read, or of the last accepted winner
	Metadata *log.Metadata // likewise
	Actions  []log.Action  // staged

	ReadWhole bool                      // the whole table was read
	MayMatch  []func(*log.AddFile) bool // one for each predicate that was read: may the file hold a row that matches?
	ReadFiles map[string]bool           // paths of files whose rows were read
	ReadApps  map[string]bool           // applications whose version was asked for
}

// Winner is a commit that came first.
type Winner struct {
	Version log.Version
	Actions []log.Action
}

// Kind says which rule a conflict broke. Its text is part of the API.
type Kind string

// The kinds of conflict.
const (
	ProtocolChanged        Kind = "ProtocolChanged"
	MetadataChanged        Kind = "MetadataChanged"
	ConcurrentTransaction  Kind = "ConcurrentTransaction"
	AlreadyApplied         Kind = "AlreadyApplied"
	ConcurrentAppend       Kind = "ConcurrentAppend"
	ConcurrentDeleteRead   Kind = "ConcurrentDeleteRead"
	ConcurrentDeleteDelete Kind = "ConcurrentDeleteDelete"
)

// ErrConflict is what every [Error] is, for errors.Is.
var ErrConflict = errors.New("conflict with a concurrent commit")

// Error says which commit is in the way and why.
type Error struct {
	Version log.Version // the winner
	Kind    Kind
	Detail  string
}

func (e *Error) Error() string {
	return fmt.Sprintf("%v: version %d is in the way: %s: %s", ErrConflict, e.Version, e.Kind, e.Detail)
}

// Is reports ErrConflict.
func (e *Error) Is(target error) bool { return target == ErrConflict }

// Check says whether tx may commit after w: nil, an [*Error], or an error of
// [feature.CheckWrite] when the winner moved the table beyond this library.
// After nil the caller adopts the winner's protocol and metadata.
func Check(tx *Txn, w *Winner) error {
	mine, theirs := sort(tx.Actions), sort(w.Actions)
	for _, rule := range []func(*Txn, *sorted, *sorted) (Kind, string, error){
		protocol, metadata, domains, apps, added, removed, removedTwice,
	} {
		kind, detail, err := rule(tx, mine, theirs)
		if err != nil {
			return fmt.Errorf("version %d: %w", w.Version, err)
		}
		if kind != "" {
			return &Error{w.Version, kind, detail}
		}
	}
	return nil
}

// sorted is a commit's actions by type.
type sorted struct {
	info     *log.CommitInfo
	protocol *log.Protocol
	metadata *log.Metadata
	domains  map[string]bool
	apps     map[string]int64
	adds     []*log.AddFile
	removes  []*log.RemoveFile
}

func sort(actions []log.Action) *sorted {
	s := &sorted{domains: map[string]bool{}, apps: map[string]int64{}}
	for _, a := range actions {
		switch a := a.(type) {
		case *log.CommitInfo:
			s.info = a
		case *log.Protocol:
			s.protocol = a
		case *log.Metadata:
			s.metadata = a
		case *log.DomainMetadata:
			s.domains[a.Domain] = true
		case *log.SetTransaction:
			s.apps[a.AppID] = a.Version
		case *log.AddFile:
			s.adds = append(s.adds, a)
		case *log.RemoveFile:
			s.removes = append(s.removes, a)
		}
	}
	return s
}

// protocol is rule 1.
func protocol(tx *Txn, mine, theirs *sorted) (Kind, string, error) {
	if theirs.protocol == nil {
		return "", "", nil
	}
	md := tx.Metadata
	if theirs.metadata != nil {
		md = theirs.metadata
	}
	var s *schema.Struct // nil counts as using every feature
	if parsed, err := schema.Parse([]byte(md.SchemaString)); err == nil {
		s = parsed
	}
	if err := feature.CheckWrite(theirs.protocol, md, s); err != nil {
		return "", "", err
	}
	if mine.protocol != nil {
		return ProtocolChanged, "both commits change the protocol", nil
	}
	if name, ok := feature.UpgradeIsSafe(tx.Protocol, theirs.protocol); !ok {
		return ProtocolChanged, "the commit adds or drops the table feature " + name, nil
	}
	return "", "", nil
}

// metadata is rule 2.
func metadata(tx *Txn, mine, theirs *sorted) (Kind, string, error) {
	switch {
	case theirs.metadata == nil:
		return "", "", nil
	case mine.metadata != nil:
		return MetadataChanged, "both commits change the metadata", nil
	case identityOnly(theirs.info):
		return "", "", nil
	}
	if what := unsafeChange(tx.Metadata, theirs.metadata); what != "" {
		return MetadataChanged, "the commit changes " + what, nil
	}
	return "", "", nil
}

// identityOnly: the winner only moved high-water marks of identity columns.
func identityOnly(info *log.CommitInfo) bool {
	if info == nil {
		return false
	}
	tag := info.Tags["delta.identity.schemaUpdate"]
	return tag != nil && *tag == "true"
}

// unsafeChange names the part of a metadata change that may invalidate staged
// work, or "".
func unsafeChange(from, to *log.Metadata) string {
	switch {
	case from.ID != to.ID:
		return "the table's id: it was replaced"
	case !equalPtr(from.Name, to.Name):
		return "the table's name"
	case !equalPtr(from.Description, to.Description):
		return "the table's description"
	case from.Format.Provider != to.Format.Provider || !maps.Equal(from.Format.Options, to.Format.Options):
		return "the format"
	case !slices.Equal(from.PartitionColumns, to.PartitionColumns):
		return "the partition columns"
	}
	for _, key := range slices.Sorted(maps.Keys(from.Configuration)) {
		if _, kept := to.Configuration[key]; !kept {
			return "the table property " + key
		}
	}
	for _, key := range slices.Sorted(maps.Keys(to.Configuration)) {
		before, had := from.Configuration[key]
		if after := to.Configuration[key]; (!had || before != after) && !harmless(key, before, after, had) {
			return "the table property " + key
		}
	}
	if from.SchemaString != to.SchemaString && !mappingOnly(from, to) {
		return "the schema"
	}
	return ""
}

// harmless lists the property changes that leave staged work valid.
func harmless(key, before, after string, had bool) bool {
	switch key {
	case "delta.enableRowTracking", "delta.enableDeletionVectors", "delta.enableInCommitTimestamps":
		return strings.EqualFold(after, "true")
	case "delta.rowTracking.materializedRowIdColumnName", "delta.rowTracking.materializedRowCommitVersionColumnName",
		"delta.inCommitTimestampEnablementVersion", "delta.inCommitTimestampEnablementTimestamp",
		"delta.columnMapping.maxColumnId", "io.unitycatalog.tableId":
		return !had
	case "delta.columnMapping.mode":
		return (!had || before == "none") && after == "name"
	case "delta.checkpointPolicy":
		return after == "v2"
	default:
		return false
	}
}

// mappingOnly: the schemas differ in nothing but the metadata that turning
// column mapping on gives to every field.
func mappingOnly(from, to *log.Metadata) bool {
	if to.Configuration["delta.columnMapping.mode"] != "name" {
		return false
	}
	a, errA := schema.Parse([]byte(from.SchemaString))
	b, errB := schema.Parse([]byte(to.SchemaString))
	return errA == nil && errB == nil && schema.Equal(a.Unmapped(), b.Unmapped())
}

// domains is rule 3. The row-tracking domain is merged by the rebase.
func domains(_ *Txn, mine, theirs *sorted) (Kind, string, error) {
	for _, d := range slices.Sorted(maps.Keys(mine.domains)) {
		if theirs.domains[d] && d != "delta.rowTracking" {
			return ConcurrentTransaction, "both commits write the metadata domain " + d, nil
		}
	}
	return "", "", nil
}

// apps is rule 4. An application that only records how far it got goes on
// after a commit of its own that got less far.
func apps(tx *Txn, mine, theirs *sorted) (Kind, string, error) {
	for _, app := range slices.Sorted(maps.Keys(theirs.apps)) {
		version := theirs.apps[app]
		if ours, writes := mine.apps[app]; writes && version >= ours {
			return AlreadyApplied, fmt.Sprintf("application %q recorded version %d, ours is %d", app, version, ours), nil
		}
		if tx.ReadApps[app] {
			return ConcurrentTransaction, fmt.Sprintf("application %q, whose version was read, recorded version %d", app, version), nil
		}
	}
	return "", "", nil
}

// added is rule 9. Adds that change no data only move rows that were there;
// rules 10 and 11 cover the files they replace.
func added(tx *Txn, mine, theirs *sorted) (Kind, string, error) {
	blind := theirs.info != nil && theirs.info.IsBlindAppend != nil && *theirs.info.IsBlindAppend
	switch level := effective(tx.Level, mine); {
	case level == SnapshotIsolation:
		return "", "", nil
	case level == WriteSerializable && blind && mine.metadata == nil:
		return "", "", nil
	}
	for _, a := range theirs.adds {
		if !a.DataChange {
			continue
		}
		if tx.ReadWhole {
			return ConcurrentAppend, "the whole table was read, and the commit adds " + a.Path, nil
		}
		for _, may := range tx.MayMatch {
			if may(a) {
				return ConcurrentAppend, "the commit adds " + a.Path + ", which may hold rows that were looked for", nil
			}
		}
	}
	return "", "", nil
}

// effective lowers the level of a transaction that changes no data: it cannot
// break what another one reads.
func effective(l Level, mine *sorted) Level {
	if mine.metadata != nil || mine.protocol != nil || len(mine.apps) > 0 || len(mine.adds)+len(mine.removes) == 0 {
		return l
	}
	for d := range mine.domains {
		if d != "delta.rowTracking" {
			return l
		}
	}
	for _, a := range mine.adds {
		if a.DataChange {
			return l
		}
	}
	for _, r := range mine.removes {
		if r.DataChange {
			return l
		}
	}
	return SnapshotIsolation
}

// removed is rule 10. A remove that changes no data has moved the rows
// elsewhere: what was read is still true, unless we change that file too.
func removed(tx *Txn, mine, theirs *sorted) (Kind, string, error) {
	touched := map[string]bool{}
	for _, r := range mine.removes {
		touched[r.Path] = true
	}
	for _, r := range theirs.removes {
		if !r.DataChange && !touched[r.Path] {
			continue
		}
		if tx.ReadWhole {
			return ConcurrentDeleteRead, "the whole table was read, and the commit removes " + r.Path, nil
		}
		if tx.ReadFiles[r.Path] {
			return ConcurrentDeleteRead, "the commit removes " + r.Path + ", which was read", nil
		}
	}
	return "", "", nil
}

// removedTwice is rule 11; it goes by path, whatever the deletion vector.
func removedTwice(_ *Txn, mine, theirs *sorted) (Kind, string, error) {
	gone := map[string]bool{}
	for _, r := range theirs.removes {
		gone[r.Path] = true
	}
	for _, r := range mine.removes {
		if gone[r.Path] {
			return ConcurrentDeleteDelete, "both commits remove " + r.Path, nil
		}
	}
	return "", "", nil
}

func equalPtr(a, b *string) bool { return a == b || a != nil && b != nil && *a == *b }
