package log

import (
	"encoding/json"
	"maps"
	"slices"
	"strconv"
	"unicode/utf8"
)

// EncodeCommit is the body of the commit that holds the actions: one line
// each, in their order. Equal actions give equal bytes.
func EncodeCommit(actions []Action) []byte {
	const usual = 512 // bytes of an add with statistics
	body := make([]byte, 0, usual*len(actions))
	for _, a := range actions {
		body = append(AppendAction(body, a), '\n')
	}
	return body
}

// AppendAction appends the line of an action, without a newline: members in
// Spark's order, maps sorted by key, nothing that is null but partition
// values, no HTML escaping. Bytes that are not UTF-8 become U+FFFD and raw
// JSON that is none becomes null, so that the line is always valid;
// [ValidateCommit] refuses such actions.
func AppendAction(dst []byte, a Action) []byte {
	o := object{dst: append(dst, '{')}
	switch a := a.(type) {
	case *AddFile:
		o.member("add")
		o.dst = appendAdd(o.dst, a)
	case *RemoveFile:
		o.member("remove")
		o.dst = appendRemove(o.dst, a)
	case *AddCDCFile:
		o.member("cdc")
		o.dst = appendCDC(o.dst, a)
	case *Metadata:
		o.member("metaData")
		o.dst = appendMetadata(o.dst, a)
	case *Protocol:
		o.member("protocol")
		o.dst = appendProtocol(o.dst, a)
	case *CommitInfo:
		o.member("commitInfo")
		o.dst = appendCommitInfo(o.dst, a)
	case *SetTransaction:
		o.member("txn")
		o.dst = appendSetTransaction(o.dst, a)
	case *DomainMetadata:
		o.member("domainMetadata")
		o.dst = appendDomainMetadata(o.dst, a)
	case *CheckpointMetadata:
		o.member("checkpointMetadata")
		o.dst = appendCheckpointMetadata(o.dst, a)
	case *Sidecar:
		o.member("sidecar")
		o.dst = appendSidecar(o.dst, a)
	}
	return o.end()
}

func appendAdd(dst []byte, a *AddFile) []byte {
	o := newObject(dst)
	o.text("path", a.Path)
	o.texts("partitionValues", a.PartitionValues)
	o.int64("size", a.Size)
	o.int64("modificationTime", a.ModificationTime)
	o.boolean("dataChange", a.DataChange)
	o.someText("stats", a.Stats)
	o.optTexts("tags", a.Tags)
	o.deletionVector(a.DeletionVector)
	o.optInt64("baseRowId", a.BaseRowID)
	o.optInt64("defaultRowCommitVersion", a.DefaultRowCommitVersion)
	o.optText("clusteringProvider", a.ClusteringProvider)
	return o.end()
}

func appendRemove(dst []byte, r *RemoveFile) []byte {
	o := newObject(dst)
	o.text("path", r.Path)
	o.optInt64("deletionTimestamp", r.DeletionTimestamp)
	o.boolean("dataChange", r.DataChange)
	o.optBoolean("extendedFileMetadata", r.ExtendedFileMetadata)
	if r.PartitionValues != nil || r.ExtendedFileMetadata != nil && *r.ExtendedFileMetadata {
		o.texts("partitionValues", r.PartitionValues)
	}
	o.optInt64("size", r.Size)
	o.optTexts("tags", r.Tags)
	o.deletionVector(r.DeletionVector)
	o.optInt64("baseRowId", r.BaseRowID)
	o.optInt64("defaultRowCommitVersion", r.DefaultRowCommitVersion)
	o.someText("stats", r.Stats)
	return o.end()
}

func appendCDC(dst []byte, c *AddCDCFile) []byte {
	o := newObject(dst)
	o.text("path", c.Path)
	o.texts("partitionValues", c.PartitionValues)
	o.int64("size", c.Size)
	o.optTexts("tags", c.Tags)
	o.boolean("dataChange", false)
	return o.end()
}

func appendMetadata(dst []byte, m *Metadata) []byte {
	o := newObject(dst)
	o.names = make([]string, 0, 8)
	o.text("id", m.ID)
	o.optText("name", m.Name)
	o.optText("description", m.Description)
	o.member("format")
	f := newObject(o.dst)
	f.text("provider", m.Format.Provider)
	f.strings("options", m.Format.Options)
	o.dst = f.end()
	o.text("schemaString", m.SchemaString)
	o.list("partitionColumns", m.PartitionColumns)
	o.strings("configuration", m.Configuration)
	o.optInt64("createdTime", m.CreatedTime)
	o.extra(m.Extra)
	return o.end()
}

func appendProtocol(dst []byte, p *Protocol) []byte {
	o := newObject(dst)
	o.int64("minReaderVersion", int64(p.MinReaderVersion))
	o.int64("minWriterVersion", int64(p.MinWriterVersion))
	if p.ReaderFeatures != nil {
		o.list("readerFeatures", p.ReaderFeatures)
	}
	if p.WriterFeatures != nil {
		o.list("writerFeatures", p.WriterFeatures)
	}
	return o.end()
}

func appendCommitInfo(dst []byte, c *CommitInfo) []byte {
	o := newObject(dst)
	o.names = make([]string, 0, 16)
	o.optInt64("inCommitTimestamp", c.InCommitTimestamp)
	o.optInt64("timestamp", c.Timestamp)
	o.someText("operation", c.Operation)
	o.raws("operationParameters", c.OperationParameters)
	o.optInt64("readVersion", c.ReadVersion)
	o.someText("isolationLevel", c.IsolationLevel)
	o.optBoolean("isBlindAppend", c.IsBlindAppend)
	o.raws("operationMetrics", c.OperationMetrics)
	o.optText("userMetadata", c.UserMetadata)
	o.optTexts("tags", c.Tags)
	o.someText("engineInfo", c.EngineInfo)
	o.someText("txnId", c.TxnID)
	o.extra(c.Extra)
	return o.end()
}

func appendSetTransaction(dst []byte, t *SetTransaction) []byte {
	o := newObject(dst)
	o.text("appId", t.AppID)
	o.int64("version", t.Version)
	o.optInt64("lastUpdated", t.LastUpdated)
	return o.end()
}

func appendDomainMetadata(dst []byte, d *DomainMetadata) []byte {
	o := newObject(dst)
	o.text("domain", d.Domain)
	o.text("configuration", d.Configuration)
	o.boolean("removed", d.Removed)
	return o.end()
}

func appendCheckpointMetadata(dst []byte, c *CheckpointMetadata) []byte {
	o := newObject(dst)
	o.int64("version", int64(c.Version))
	o.optTexts("tags", c.Tags)
	return o.end()
}

func appendSidecar(dst []byte, s *Sidecar) []byte {
	o := newObject(dst)
	o.text("path", s.Path)
	o.int64("sizeInBytes", s.SizeInBytes)
	o.int64("modificationTime", s.ModificationTime)
	o.optTexts("tags", s.Tags)
	return o.end()
}

// object appends one JSON object to dst, member by member.
type object struct {
	dst   []byte
	some  bool     // a member was written
	names []string // of the members written; kept if not nil
}

func newObject(dst []byte) object { return object{dst: append(dst, '{')} }

func (o *object) end() []byte { return append(o.dst, '}') }

func (o *object) member(name string) {
	if o.some {
		o.dst = append(o.dst, ',')
	}
	o.some = true
	if o.names != nil {
		o.names = append(o.names, name)
	}
	o.dst = append(appendString(o.dst, name), ':')
}

func (o *object) text(name, value string) {
	o.member(name)
	o.dst = appendString(o.dst, value)
}

// someText leaves out an empty value.
func (o *object) someText(name, value string) {
	if value != "" {
		o.text(name, value)
	}
}

func (o *object) optText(name string, value *string) {
	if value != nil {
		o.text(name, *value)
	}
}

func (o *object) int64(name string, value int64) {
	o.member(name)
	o.dst = strconv.AppendInt(o.dst, value, 10)
}

func (o *object) optInt64(name string, value *int64) {
	if value != nil {
		o.int64(name, *value)
	}
}

func (o *object) boolean(name string, value bool) {
	o.member(name)
	o.dst = strconv.AppendBool(o.dst, value)
}

func (o *object) optBoolean(name string, value *bool) {
	if value != nil {
		o.boolean(name, *value)
	}
}

func (o *object) texts(name string, values map[string]*string) {
	o.member(name)
	m := newObject(o.dst)
	for _, k := range sorted(values) {
		if v := values[k]; v != nil {
			m.text(k, *v)
		} else {
			m.member(k)
			m.dst = append(m.dst, "null"...)
		}
	}
	o.dst = m.end()
}

func (o *object) optTexts(name string, values map[string]*string) {
	if values != nil {
		o.texts(name, values)
	}
}

func (o *object) strings(name string, values map[string]string) {
	o.member(name)
	m := newObject(o.dst)
	for _, k := range sorted(values) {
		m.text(k, values[k])
	}
	o.dst = m.end()
}

func (o *object) list(name string, values []string) {
	o.member(name)
	o.dst = append(o.dst, '[')
	for i, v := range values {
		if i > 0 {
			o.dst = append(o.dst, ',')
		}
		o.dst = appendString(o.dst, v)
	}
	o.dst = append(o.dst, ']')
}

func (o *object) raws(name string, values map[string]json.RawMessage) {
	if values == nil {
		return
	}
	o.member(name)
	m := newObject(o.dst)
	for _, k := range sorted(values) {
		m.member(k)
		m.dst = appendRaw(m.dst, values[k])
	}
	o.dst = m.end()
}

// extra writes the members that we do not know after those that we do. A name
// that was written already is left out.
func (o *object) extra(values map[string]json.RawMessage) {
	written := o.names
	for _, k := range sorted(values) {
		if !slices.Contains(written, k) {
			o.member(k)
			o.dst = appendRaw(o.dst, values[k])
		}
	}
}

func (o *object) deletionVector(d *DeletionVector) {
	if d == nil {
		return
	}
	o.member("deletionVector")
	m := newObject(o.dst)
	m.text("storageType", d.StorageType)
	m.text("pathOrInlineDv", d.PathOrInlineDV)
	if d.Offset != nil {
		m.int64("offset", int64(*d.Offset))
	}
	m.int64("sizeInBytes", int64(d.SizeInBytes))
	m.int64("cardinality", d.Cardinality)
	m.optInt64("maxRowIndex", d.MaxRowIndex)
	o.dst = m.end()
}

// sorted is the keys of a map in ascending order.
func sorted[V any](m map[string]V) []string {
	if len(m) == 0 {
		return nil
	}
	keys := slices.AppendSeq(make([]string, 0, len(m)), maps.Keys(m))
	slices.Sort(keys)
	return keys
}

const hexDigits = "0123456789ABCDEF"

// appendString appends s as a JSON string, escaping only what must be.
func appendString(dst []byte, s string) []byte {
	dst = append(dst, '"')
	start := 0
	for i := 0; i < len(s); {
		c := s[i]
		if plain[c] && c < utf8.RuneSelf {
			i++
			continue
		}
		if c >= utf8.RuneSelf {
			r, n := utf8.DecodeRuneInString(s[i:])
			if r == utf8.RuneError && n == 1 {
				dst = append(append(dst, s[start:i]...), "\uFFFD"...)
				start = i + 1
			}
			i += n
			continue
		}
		dst = append(dst, s[start:i]...)
		switch c {
		case '"', '\\':
			dst = append(dst, '\\', c)
		case '\b':
			dst = append(dst, `\b`...)
		case '\f':
			dst = append(dst, `\f`...)
		case '\n':
			dst = append(dst, `\n`...)
		case '\r':
			dst = append(dst, `\r`...)
		case '\t':
			dst = append(dst, `\t`...)
		default:
			dst = append(dst, '\\', 'u', '0', '0', hexDigits[c>>4], hexDigits[c&15])
		}
		i++
		start = i
	}
	return append(append(dst, s[start:]...), '"')
}

// appendRaw appends a JSON text without the white space between its tokens,
// so that it stays on its line. What is no JSON becomes null.
func appendRaw(dst []byte, raw json.RawMessage) []byte {
	if !validRaw(raw) {
		return append(dst, "null"...)
	}
	inString := false
	for i := 0; i < len(raw); i++ {
		switch c := raw[i]; {
		case inString && c == '\\':
			dst = append(dst, c)
			i++
		case c == '"':
			inString = !inString
		case !inString && (c == ' ' || c == '\t' || c == '\r' || c == '\n'):
			continue
		}
		dst = append(dst, raw[i])
	}
	return dst
}

// validRaw reports whether raw is one JSON value that the scanner accepts.
func validRaw(raw json.RawMessage) bool {
	s := newScanner(nil, nil)
	if !s.start(raw) {
		return false
	}
	s.skip()
	s.end()
	return s.err == nil
}
