package feature

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/foreset/foreset/log"
	"github.com/foreset/foreset/schema"
)

// Names of the features that code outside this package asks for.
const (
	AppendOnly        = "appendOnly"
	Invariants        = "invariants"
	CheckConstraints  = "checkConstraints"
	ChangeDataFeed    = "changeDataFeed"
	GeneratedColumns  = "generatedColumns"
	IdentityColumns   = "identityColumns"
	ColumnMapping     = "columnMapping"
	TimestampNTZ      = "timestampNtz"
	InCommitTimestamp = "inCommitTimestamp"
	DeletionVectors   = "deletionVectors"
	CatalogManaged    = "catalogManaged"
)

// Highest protocol versions that are defined.
const (
	readerVersionMax = 3
	writerVersionMax = 7
)

// A feature is one line of the protocol's section "Valid Feature Names in
// Table Features".
type feature struct {
	name         string
	reader       bool // readers must know it too
	legacyReader int  // the reader version that implies it; 0: none
	legacyWriter int  // the writer version that implies it; 0: none
	read, write  bool // what this library can do when the feature is in use
	// safeUpgrade: a transaction may be rebased over a commit that adds the
	// feature, because what it staged stays valid.
	safeUpgrade bool
	// active says whether a table makes use of the feature; nil: whenever the
	// protocol has it.
	active func(*log.Metadata, *schema.Struct) bool
	// news lists what a table makes of the feature that is not known; nil: it
	// has one form.
	news func(*log.Metadata, *schema.Struct) []string
}

func (f feature) unknown(md *log.Metadata, s *schema.Struct) []string {
	if f.news == nil || s == nil {
		return nil
	}
	return f.news(md, s)
}

var features = []feature{
	{name: AppendOnly, legacyWriter: 2, write: true, safeUpgrade: true},
	{name: Invariants, legacyWriter: 2, write: true},
	{name: CheckConstraints, legacyWriter: 3, write: true},
	{name: ChangeDataFeed, legacyWriter: 4, write: true, safeUpgrade: true},
	{name: GeneratedColumns, legacyWriter: 4, active: anyField("delta.generationExpression")},
	{name: "allowColumnDefaults", active: anyField("CURRENT_DEFAULT")},
	{name: IdentityColumns, legacyWriter: 6, active: anyField("delta.identity.start")},
	{name: ColumnMapping, reader: true, read: true, legacyReader: 2, legacyWriter: 5, safeUpgrade: true, active: mapped, news: unknownMode},
	{name: DeletionVectors, reader: true, read: true, safeUpgrade: true},
	{name: TimestampNTZ, reader: true, read: true, write: true, safeUpgrade: true},
	{name: "domainMetadata", write: true, safeUpgrade: true},
	{name: "rowTracking", safeUpgrade: true},
	{name: "v2Checkpoint", reader: true, read: true, safeUpgrade: true},
	{name: InCommitTimestamp, write: true, safeUpgrade: true},
	{name: CatalogManaged, reader: true, read: true, safeUpgrade: true},
	{name: "catalogOwned-preview", reader: true},
	{name: "vacuumProtocolCheck", reader: true, read: true, write: true, safeUpgrade: true},
	{name: "clustering"},
	{name: "typeWidening", reader: true, read: true, safeUpgrade: true, active: anyField("delta.typeChanges"), news: unknownChanges},
	{name: "typeWidening-preview", reader: true, read: true, active: anyField("delta.typeChanges"), news: unknownChanges},
	{name: "variantType", reader: true, read: true},
	{name: "variantType-preview", reader: true, read: true},
	{name: "variantShredding", reader: true, read: true},
	{name: "variantShredding-preview", reader: true, read: true},
	{name: "icebergCompatV1", safeUpgrade: true},
	{name: "icebergCompatV2", safeUpgrade: true},
	{name: "icebergCompatV3", safeUpgrade: true},
	{name: "icebergWriterCompatV1"},
	{name: "icebergWriterCompatV3"},
	{name: "materializePartitionColumns", safeUpgrade: true},
	{name: "checkpointProtection"},
	{name: "collations"},
	{name: "collations-preview"},
}

func find(name string) (feature, bool) {
	for _, f := range features {
		if f.name == name {
			return f, true
		}
	}
	return feature{name: name}, false
}

// UnsupportedError says which features of a table are beyond this library.
type UnsupportedError struct {
	// Features are the names, sorted; a protocol version that is not defined
	// is named as "readerVersion 4" or "writerVersion 8".
	Features []string
	// Write is true when only writing is refused: the table can be read.
	Write bool
}

// ErrUnsupported is what every [UnsupportedError] is, for errors.Is.
var ErrUnsupported = errors.New("unsupported table feature")

func (e *UnsupportedError) Error() string {
	what, still := "reading", "its log and its files can only be handled by an engine that supports them"
	if e.Write {
		what, still = "writing", "the table can still be read"
	}
	return fmt.Sprintf("the table needs what this version of foreset does not support for %s: %s; %s",
		what, strings.Join(e.Features, ", "), still)
}

// Is reports ErrUnsupported.
func (e *UnsupportedError) Is(target error) bool { return target == ErrUnsupported }

// CheckRead returns an [*UnsupportedError] that names everything that keeps
// this library from reading the table, or nil. s is the table's schema; nil,
// when it could not be parsed, counts as using every feature. A protocol whose
// versions promise lists of features that are not there is log.ErrCorrupt: what
// the table needs cannot be told.
func CheckRead(p *log.Protocol, md *log.Metadata, s *schema.Struct) error {
	if known := p.MinReaderVersion <= readerVersionMax && p.MinWriterVersion <= writerVersionMax; known &&
		(p.MinReaderVersion == readerVersionMax && p.ReaderFeatures == nil ||
			p.MinWriterVersion == writerVersionMax && p.WriterFeatures == nil) {
		return &log.CorruptError{Err: fmt.Errorf("protocol (%d,%d) does not list its features", p.MinReaderVersion, p.MinWriterVersion)}
	}
	return refusal(missing(p, md, s, func(f feature) bool { return f.reader && !f.read }, true), false)
}

// CheckWrite returns an [*UnsupportedError] that names everything that keeps
// this library from writing to the table, or nil. What cannot be read cannot
// be written either.
func CheckWrite(p *log.Protocol, md *log.Metadata, s *schema.Struct) error {
	if err := CheckRead(p, md, s); err != nil {
		return err
	}
	return refusal(missing(p, md, s, func(f feature) bool { return !f.write }, false), true)
}

func refusal(names []string, write bool) error {
	if len(names) == 0 {
		return nil
	}
	return &UnsupportedError{Features: names, Write: write}
}

// missing lists the features of the protocol that are in use and lacking, and
// the versions that are not defined.
func missing(p *log.Protocol, md *log.Metadata, s *schema.Struct, lacking func(feature) bool, reader bool) []string {
	var names []string
	if reader && p.MinReaderVersion > readerVersionMax {
		names = append(names, "readerVersion "+strconv.Itoa(p.MinReaderVersion))
	}
	if !reader && p.MinWriterVersion > writerVersionMax {
		names = append(names, "writerVersion "+strconv.Itoa(p.MinWriterVersion))
	}
	for _, name := range Of(p) {
		f, known := find(name)
		if reader && !known && !slices.Contains(p.ReaderFeatures, name) {
			continue // a writer feature that readers may ignore
		}
		if known && !lacking(f) {
			names = append(names, f.unknown(md, s)...)
			continue
		}
		if f.active != nil && s != nil && !f.active(md, s) {
			continue
		}
		names = append(names, name)
	}
	return names
}

// Of lists the features that a protocol has, the implied ones included,
// sorted.
func Of(p *log.Protocol) []string {
	var names []string
	for _, f := range features {
		if f.legacyWriter > 0 && p.MinWriterVersion < 7 && p.MinWriterVersion >= f.legacyWriter ||
			f.legacyReader > 0 && p.MinReaderVersion < 3 && p.MinReaderVersion >= f.legacyReader {
			names = append(names, f.name)
		}
	}
	names = append(names, p.ReaderFeatures...)
	names = append(names, p.WriterFeatures...)
	slices.Sort(names)
	return slices.Compact(names)
}

// Has says whether a protocol has a feature, implied or by name.
func Has(p *log.Protocol, name string) bool { return slices.Contains(Of(p), name) }

// UpgradeIsSafe says whether a transaction that was staged under one protocol
// stays valid under the next: nothing was dropped, and all that was added is
// known to leave staged work alone. Otherwise it names the feature in the way.
func UpgradeIsSafe(from, to *log.Protocol) (culprit string, ok bool) {
	before, after := Of(from), Of(to)
	for _, name := range before {
		if !slices.Contains(after, name) {
			return name, false
		}
	}
	for _, name := range after {
		if slices.Contains(before, name) {
			continue
		}
		if f, known := find(name); !known || !f.safeUpgrade {
			return name, false
		}
	}
	return "", true
}

// Mapping is how a table's columns are found in its files and its log. A mode
// that the protocol does not support, or has not, says nothing: CheckRead refuses
// the latter.
func Mapping(p *log.Protocol, md *log.Metadata) schema.Mapping {
	if !Has(p, ColumnMapping) {
		return schema.NoMapping
	}
	m, _ := schema.ParseMapping(md.Configuration[modeProperty])
	return m
}

const modeProperty = "delta.columnMapping.mode"

func mapped(md *log.Metadata, _ *schema.Struct) bool {
	m, known := schema.ParseMapping(md.Configuration[modeProperty])
	return m != schema.NoMapping || !known
}

func unknownMode(md *log.Metadata, _ *schema.Struct) []string {
	mode := md.Configuration[modeProperty]
	if _, known := schema.ParseMapping(mode); known {
		return nil
	}
	return []string{ColumnMapping + " " + mode}
}

// unknownChanges lists the type changes that the protocol does not allow: what
// older files hold cannot be told.
func unknownChanges(_ *log.Metadata, s *schema.Struct) []string {
	var names []string
	for path, f := range s.All() {
		changes, err := f.TypeChanges()
		if err != nil {
			names = append(names, fmt.Sprintf("typeWidening of %q: %v", strings.Join(path, "."), err))
		}
		for _, c := range changes {
			if !schema.CanWiden(c.From, c.To) {
				names = append(names, fmt.Sprintf("typeWidening of %q from %v to %v", strings.Join(path, "."), c.From, c.To))
			}
		}
	}
	return names
}

// anyField makes a test for a metadata key on any field at any depth.
func anyField(key string) func(*log.Metadata, *schema.Struct) bool {
	return func(_ *log.Metadata, s *schema.Struct) bool { return hasKey(s, key) }
}

func hasKey(s *schema.Struct, key string) bool {
	for _, f := range s.All() {
		if _, has := f.Metadata[key]; has {
			return true
		}
	}
	return false
}
