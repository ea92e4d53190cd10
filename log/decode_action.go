package log

import (
	"encoding/json"
	"fmt"
)

// given is the set of members of an object that were read, by number.
type given uint32

// once marks a member as read. A member that comes twice is an error: engines
// differ on which of the two counts.
func (g *given) once(s *scanner, member int) {
	if *g&(1<<member) != 0 {
		s.fail(errDuplicate)
	}
	*g |= 1 << member
}

// require fails if a member that must be there is absent or null.
func (s *scanner) require(ok bool, member string) {
	if !ok && s.err == nil {
		s.err = fmt.Errorf("%s is missing", member)
	}
}

func (s *scanner) addFile() *AddFile {
	a := &AddFile{DataChange: true} // hides nothing if the log does not say
	var g given
	var sized bool
	for name := range s.members {
		switch string(name) {
		case "path":
			g.once(s, 0)
			a.Path = s.text()
		case "partitionValues":
			g.once(s, 1)
			a.PartitionValues = s.texts()
		case "size":
			g.once(s, 2)
			a.Size, sized = s.int64()
		case "modificationTime":
			g.once(s, 3)
			a.ModificationTime, _ = s.int64()
		case "dataChange":
			g.once(s, 4)
			a.DataChange = s.boolean(true)
		case "stats":
			g.once(s, 5)
			a.Stats = s.text()
		case "tags":
			g.once(s, 6)
			a.Tags = s.texts()
		case "deletionVector":
			g.once(s, 7)
			a.DeletionVector = s.deletionVector()
		case "baseRowId":
			g.once(s, 8)
			a.BaseRowID = s.optInt64()
		case "defaultRowCommitVersion":
			g.once(s, 9)
			a.DefaultRowCommitVersion = s.optInt64()
		case "clusteringProvider":
			g.once(s, 10)
			a.ClusteringProvider = s.optText()
		default:
			s.skip()
		}
	}
	s.require(a.Path != "", "add.path")
	s.require(sized, "add.size")
	if a.PartitionValues == nil {
		a.PartitionValues = map[string]*string{}
	}
	return a
}

func (s *scanner) removeFile() *RemoveFile {
	r := &RemoveFile{DataChange: true}
	var g given
	for name := range s.members {
		switch string(name) {
		case "path":
			g.once(s, 0)
			r.Path = s.text()
		case "deletionTimestamp":
			g.once(s, 1)
			r.DeletionTimestamp = s.optInt64()
		case "dataChange":
			g.once(s, 2)
			r.DataChange = s.boolean(true)
		case "extendedFileMetadata":
			g.once(s, 3)
			r.ExtendedFileMetadata = s.optBoolean()
		case "partitionValues":
			g.once(s, 4)
			r.PartitionValues = s.texts()
		case "size":
			g.once(s, 5)
			r.Size = s.optInt64()
		case "stats":
			g.once(s, 6)
			r.Stats = s.text()
		case "tags":
			g.once(s, 7)
			r.Tags = s.texts()
		case "deletionVector":
			g.once(s, 8)
			r.DeletionVector = s.deletionVector()
		case "baseRowId":
			g.once(s, 9)
			r.BaseRowID = s.optInt64()
		case "defaultRowCommitVersion":
			g.once(s, 10)
			r.DefaultRowCommitVersion = s.optInt64()
		default:
			s.skip()
		}
	}
	s.require(r.Path != "", "remove.path")
	return r
}

func (s *scanner) addCDCFile() *AddCDCFile {
	c := &AddCDCFile{}
	var g given
	var sized bool
	for name := range s.members {
		switch string(name) {
		case "path":
			g.once(s, 0)
			c.Path = s.text()
		case "partitionValues":
			g.once(s, 1)
			c.PartitionValues = s.texts()
		case "size":
			g.once(s, 2)
			c.Size, sized = s.int64()
		case "tags":
			g.once(s, 3)
			c.Tags = s.texts()
		default:
			s.skip() // dataChange too: it is false by definition
		}
	}
	s.require(c.Path != "", "cdc.path")
	s.require(sized, "cdc.size")
	if c.PartitionValues == nil {
		c.PartitionValues = map[string]*string{}
	}
	return c
}

func (s *scanner) deletionVector() *DeletionVector {
	if s.null() {
		return nil
	}
	d := &DeletionVector{}
	var g given
	var sized, counted bool
	for name := range s.members {
		switch string(name) {
		case "storageType":
			g.once(s, 0)
			d.StorageType = s.text()
		case "pathOrInlineDv":
			g.once(s, 1)
			d.PathOrInlineDV = s.text()
		case "offset":
			g.once(s, 2)
			d.Offset = s.optInt32()
		case "sizeInBytes":
			g.once(s, 3)
			d.SizeInBytes, sized = s.int32()
		case "cardinality":
			g.once(s, 4)
			d.Cardinality, counted = s.int64()
		case "maxRowIndex":
			g.once(s, 5)
			d.MaxRowIndex = s.optInt64()
		default:
			s.skip()
		}
	}
	s.require(d.StorageType != "", "storageType")
	s.require(sized, "sizeInBytes")
	s.require(counted, "cardinality")
	return d
}

func (s *scanner) metadata() *Metadata {
	m := &Metadata{
		Format:           Format{Provider: "parquet", Options: map[string]string{}},
		PartitionColumns: []string{},
		Configuration:    map[string]string{},
	}
	var g given
	for name := range s.members {
		switch string(name) {
		case "id":
			g.once(s, 0)
			m.ID = s.text()
		case "name":
			g.once(s, 1)
			m.Name = s.optText()
		case "description":
			g.once(s, 2)
			m.Description = s.optText()
		case "format":
			g.once(s, 3)
			s.format(&m.Format)
		case "schemaString":
			g.once(s, 4)
			m.SchemaString = s.text()
		case "partitionColumns":
			g.once(s, 5)
			if list := s.list(); list != nil {
				m.PartitionColumns = list
			}
		case "configuration":
			g.once(s, 6)
			s.strings(m.Configuration)
		case "createdTime":
			g.once(s, 7)
			m.CreatedTime = s.optInt64()
		default:
			s.extra(&m.Extra, name)
		}
	}
	s.require(m.ID != "", "metaData.id")
	s.require(m.SchemaString != "", "metaData.schemaString")
	return m
}

func (s *scanner) format(f *Format) {
	if s.null() {
		return
	}
	var g given
	for name := range s.members {
		switch string(name) {
		case "provider":
			g.once(s, 0)
			f.Provider = s.text()
		case "options":
			g.once(s, 1)
			s.strings(f.Options)
		default:
			s.skip()
		}
	}
}

func (s *scanner) protocol() *Protocol {
	p := &Protocol{}
	var g given
	var reader, writer int32
	var hasReader, hasWriter bool
	for name := range s.members {
		switch string(name) {
		case "minReaderVersion":
			g.once(s, 0)
			reader, hasReader = s.int32()
		case "minWriterVersion":
			g.once(s, 1)
			writer, hasWriter = s.int32()
		case "readerFeatures":
			g.once(s, 2)
			p.ReaderFeatures = s.list()
		case "writerFeatures":
			g.once(s, 3)
			p.WriterFeatures = s.list()
		default:
			s.skip()
		}
	}
	s.require(hasReader, "protocol.minReaderVersion")
	s.require(hasWriter, "protocol.minWriterVersion")
	p.MinReaderVersion, p.MinWriterVersion = int(reader), int(writer)
	return p
}

func (s *scanner) setTransaction() *SetTransaction {
	t := &SetTransaction{}
	var g given
	var identified, numbered bool
	for name := range s.members {
		switch string(name) {
		case "appId":
			g.once(s, 0)
			if identified = !s.null(); identified {
				t.AppID = string(s.bytes())
			}
		case "version":
			g.once(s, 1)
			t.Version, numbered = s.int64()
		case "lastUpdated":
			g.once(s, 2)
			t.LastUpdated = s.optInt64()
		default:
			s.skip()
		}
	}
	s.require(identified, "txn.appId")
	s.require(numbered, "txn.version")
	return t
}

func (s *scanner) domainMetadata() *DomainMetadata {
	d := &DomainMetadata{}
	var g given
	for name := range s.members {
		switch string(name) {
		case "domain":
			g.once(s, 0)
			d.Domain = s.text()
		case "configuration":
			g.once(s, 1)
			d.Configuration = s.text()
		case "removed":
			g.once(s, 2)
			d.Removed = s.boolean(false)
		default:
			s.skip()
		}
	}
	s.require(d.Domain != "", "domainMetadata.domain")
	return d
}

func (s *scanner) checkpointMetadata() *CheckpointMetadata {
	c := &CheckpointMetadata{}
	var g given
	var version int64
	var numbered bool
	for name := range s.members {
		switch string(name) {
		case "version":
			g.once(s, 0)
			version, numbered = s.int64()
		case "tags":
			g.once(s, 1)
			c.Tags = s.texts()
		default:
			s.skip()
		}
	}
	s.require(numbered, "checkpointMetadata.version")
	c.Version = Version(version)
	return c
}

func (s *scanner) sidecar() *Sidecar {
	c := &Sidecar{}
	var g given
	var sized bool
	for name := range s.members {
		switch string(name) {
		case "path":
			g.once(s, 0)
			c.Path = s.text()
		case "sizeInBytes":
			g.once(s, 1)
			c.SizeInBytes, sized = s.int64()
		case "modificationTime":
			g.once(s, 2)
			c.ModificationTime, _ = s.int64()
		case "tags":
			g.once(s, 3)
			c.Tags = s.texts()
		default:
			s.skip()
		}
	}
	s.require(c.Path != "", "sidecar.path")
	s.require(sized, "sidecar.sizeInBytes")
	return c
}

// commitInfo is free text to the protocol: nothing in it makes a commit
// unreadable. A member that is not of the kind we know it by is kept as it is.
func (s *scanner) commitInfo() *CommitInfo {
	c := &CommitInfo{}
	for name := range s.members {
		switch kind := s.next(); {
		case string(name) == "version" || kind == 'n':
			s.skip()
		case kind == '"' && s.infoText(c, name):
		case kind == '{' && s.infoObject(c, name):
		case s.infoScalar(c, name):
		default:
			s.extra(&c.Extra, name)
		}
	}
	return c
}

// infoText reads one of the members that are strings.
func (s *scanner) infoText(c *CommitInfo, name []byte) bool {
	switch string(name) {
	case "operation":
		c.Operation = s.text()
	case "isolationLevel":
		c.IsolationLevel = s.text()
	case "userMetadata":
		t := s.text()
		c.UserMetadata = &t
	case "engineInfo":
		c.EngineInfo = s.text()
	case "txnId":
		c.TxnID = s.text()
	default:
		return false
	}
	return true
}

// infoObject reads one of the members that are objects.
func (s *scanner) infoObject(c *CommitInfo, name []byte) bool {
	switch string(name) {
	case "operationParameters":
		c.OperationParameters = s.raws()
	case "operationMetrics":
		c.OperationMetrics = s.raws()
	case "tags":
		return attempt(s, &c.Tags, s.texts)
	default:
		return false
	}
	return true
}

// infoScalar reads one of the members that are integers or booleans.
func (s *scanner) infoScalar(c *CommitInfo, name []byte) bool {
	switch string(name) {
	case "timestamp":
		return attempt(s, &c.Timestamp, s.optInt64)
	case "inCommitTimestamp":
		return attempt(s, &c.InCommitTimestamp, s.optInt64)
	case "readVersion":
		return attempt(s, &c.ReadVersion, s.optInt64)
	case "isBlindAppend":
		return attempt(s, &c.IsBlindAppend, s.optBoolean)
	default:
		return false
	}
}

// attempt sets field to what read reads, or goes back to where it started and
// leaves the field alone.
func attempt[T any](s *scanner, field *T, read func() T) bool {
	if s.err != nil {
		return false
	}
	pos, depth := s.pos, s.depth
	value := read()
	if s.err != nil {
		s.pos, s.depth, s.err = pos, depth, nil
		return false
	}
	*field = value
	return true
}

// extra keeps the value of a member that we do not know, unless it is null.
func (s *scanner) extra(members *map[string]json.RawMessage, name []byte) {
	if s.null() {
		return
	}
	key := string(name)
	value := s.raw()
	if s.err != nil {
		return
	}
	if *members == nil {
		*members = map[string]json.RawMessage{}
	}
	(*members)[key] = value
}

// texts reads a map of strings that may be null; nil for null.
func (s *scanner) texts() map[string]*string {
	if s.null() {
		return nil
	}
	m := map[string]*string{}
	for name := range s.members {
		key := s.words.share(name)
		if _, twice := m[*key]; twice {
			s.fail(errDuplicate)
		}
		m[*key] = s.optText()
	}
	return m
}

// strings adds a map of strings to m, without those that are null.
func (s *scanner) strings(m map[string]string) {
	if s.null() {
		return
	}
	for name := range s.members {
		key := string(name)
		if _, twice := m[key]; twice {
			s.fail(errDuplicate)
		}
		if !s.null() {
			m[key] = string(s.bytes())
		}
	}
}

// raws reads a map of anything.
func (s *scanner) raws() map[string]json.RawMessage {
	m := map[string]json.RawMessage{}
	for name := range s.members {
		key := string(name)
		m[key] = s.raw()
	}
	return m
}

// list reads a list of strings; nil for null.
func (s *scanner) list() []string {
	if s.null() {
		return nil
	}
	l := []string{}
	for range s.elements {
		l = append(l, string(s.bytes()))
	}
	return l
}
