package log

import (
	"encoding/json"
	"errors"
	"fmt"
	"unicode/utf8"
)

// ValidateCommit says why the actions may not be committed as version v, by
// the rules that concern one commit alone (protocol, section "Action
// Reconciliation" and the sections of the actions). The error is [ErrInvalid]
// and names the first action that breaks a rule.
//
// Rules that need the table are not here: whether a removed file was there,
// all partition columns have a value, the protocol is one we can write.
func ValidateCommit(v Version, actions []Action) error {
	c := commitCheck{
		added: map[string]string{}, removed: map[string]string{}, changes: map[string]bool{},
		apps: map[string]bool{}, domains: map[string]bool{},
	}
	for i, a := range actions {
		if err := c.action(i, a); err != nil {
			return fmt.Errorf("%w %d: action %d: %w", ErrInvalid, v, i+1, err)
		}
	}
	if v == 0 && (c.protocol == 0 || c.metadata == 0) {
		return fmt.Errorf("%w 0: the first commit needs a protocol and a metaData", ErrInvalid)
	}
	return nil
}

// commitCheck is what was seen of a commit so far.
type commitCheck struct {
	protocol, metadata, info int
	added, removed           map[string]string // path → deletion vector id
	changes                  map[string]bool   // paths of cdc files
	apps, domains            map[string]bool
}

func (c *commitCheck) action(i int, a Action) error {
	switch a := a.(type) {
	case *AddFile:
		return c.add(a)
	case *RemoveFile:
		return c.remove(a)
	case *AddCDCFile:
		return c.cdc(a)
	case *Metadata:
		c.metadata++
		return errors.Join(atMostOne(c.metadata, "metaData"), checkMetadata(a))
	case *Protocol:
		c.protocol++
		return errors.Join(atMostOne(c.protocol, "protocol"), a.Validate())
	case *CommitInfo:
		c.info++
		if a.InCommitTimestamp != nil && i > 0 {
			return errors.New("a commitInfo with an inCommitTimestamp must be the first action")
		}
		return errors.Join(atMostOne(c.info, "commitInfo"), checkCommitInfo(a))
	case *SetTransaction:
		return errors.Join(onlyOnce(c.apps, a.AppID, "txn for application"), checkText(a.AppID))
	case *DomainMetadata:
		return errors.Join(onlyOnce(c.domains, a.Domain, "domainMetadata for"), checkText(a.Domain, a.Configuration))
	case nil:
		return errors.New("no action")
	default:
		return fmt.Errorf("%T has no place in a commit", a)
	}
}

func (c *commitCheck) add(a *AddFile) error {
	dv := a.DeletionVector.ID()
	if _, twice := c.added[a.Path]; twice {
		return fmt.Errorf("a second add of %q", a.Path)
	}
	if other, both := c.removed[a.Path]; both && other == dv {
		return fmt.Errorf("add and remove of %q with the same deletion vector", a.Path)
	}
	c.added[a.Path] = dv
	if a.Path == "" {
		return errors.New("an add without a path")
	}
	if a.Size <= 0 {
		return fmt.Errorf("add of %q has the size %d", a.Path, a.Size)
	}
	return errors.Join(checkText(a.Path, a.Stats), checkMap(a.PartitionValues), checkMap(a.Tags),
		checkVector(a.DeletionVector))
}

func (c *commitCheck) remove(r *RemoveFile) error {
	dv := r.DeletionVector.ID()
	if _, twice := c.removed[r.Path]; twice {
		return fmt.Errorf("a second remove of %q", r.Path)
	}
	if other, both := c.added[r.Path]; both && other == dv {
		return fmt.Errorf("add and remove of %q with the same deletion vector", r.Path)
	}
	c.removed[r.Path] = dv
	if r.Path == "" {
		return errors.New("a remove without a path")
	}
	extended := r.ExtendedFileMetadata != nil && *r.ExtendedFileMetadata
	if extended && (r.PartitionValues == nil || r.Size == nil) {
		return fmt.Errorf("remove of %q has extended metadata, but no partition values or no size", r.Path)
	}
	return errors.Join(checkText(r.Path, r.Stats), checkMap(r.PartitionValues), checkMap(r.Tags),
		checkVector(r.DeletionVector))
}

func (c *commitCheck) cdc(a *AddCDCFile) error {
	if a.Path == "" {
		return errors.New("a cdc without a path")
	}
	if a.DataChange {
		return fmt.Errorf("cdc of %q says dataChange", a.Path)
	}
	return errors.Join(onlyOnce(c.changes, a.Path, "cdc of"), checkText(a.Path), checkMap(a.PartitionValues),
		checkMap(a.Tags))
}

// Validate says why the protocol contradicts itself: versions must be
// positive, reader features come with reader version 3 and only with it,
// writer features with writer version 7, and reader version 3 needs writer
// version 7. Higher versions are not judged: what they mean is not known. The
// error is [ErrInvalid].
func (p *Protocol) Validate() error {
	r, w := p.MinReaderVersion, p.MinWriterVersion
	switch {
	case r < 1 || w < 1:
		return fmt.Errorf("%w: protocol (%d,%d) has a version below 1", ErrInvalid, r, w)
	case r > 3 || w > 7:
		return nil
	case r == 3 && w < 7:
		return fmt.Errorf("%w: protocol (%d,%d): reader version 3 needs writer version 7", ErrInvalid, r, w)
	case (p.ReaderFeatures != nil) != (r == 3):
		return fmt.Errorf("%w: protocol (%d,%d): reader features are listed with reader version 3 and only with it", ErrInvalid, r, w)
	case (p.WriterFeatures != nil) != (w == 7):
		return fmt.Errorf("%w: protocol (%d,%d): writer features are listed with writer version 7 and only with it", ErrInvalid, r, w)
	}
	return checkText(append(append([]string(nil), p.ReaderFeatures...), p.WriterFeatures...)...)
}

func atMostOne(n int, what string) error {
	if n > 1 {
		return fmt.Errorf("a second %s", what)
	}
	return nil
}

// onlyOnce marks key as seen, or says that it was seen before.
func onlyOnce(seen map[string]bool, key, what string) error {
	if seen[key] {
		return fmt.Errorf("a second %s %q", what, key)
	}
	seen[key] = true
	return nil
}

func checkMetadata(m *Metadata) error {
	if m.ID == "" || m.SchemaString == "" || m.Format.Provider == "" {
		return errors.New("metaData needs an id, a format and a schema")
	}
	for _, k := range sorted(m.Configuration) {
		if err := checkText(k, m.Configuration[k]); err != nil {
			return err
		}
	}
	if err := checkText(m.PartitionColumns...); err != nil {
		return err
	}
	return errors.Join(checkText(m.ID, m.SchemaString, deref(m.Name), deref(m.Description)), checkRaw(m.Extra))
}

func checkCommitInfo(c *CommitInfo) error {
	return errors.Join(
		checkText(c.Operation, c.IsolationLevel, c.EngineInfo, c.TxnID, deref(c.UserMetadata)),
		checkRaw(c.OperationParameters), checkRaw(c.OperationMetrics), checkMap(c.Tags), checkRaw(c.Extra))
}

func checkVector(d *DeletionVector) error {
	if d == nil {
		return nil
	}
	if d.StorageType == "" || d.SizeInBytes < 0 || d.Cardinality < 0 || d.Offset != nil && *d.Offset < 0 {
		return fmt.Errorf("deletion vector %q has no type or a negative number", d.ID())
	}
	return checkText(d.StorageType, d.PathOrInlineDV)
}

// checkText: a log is UTF-8, and bytes that are not would be read back as
// something else.
func checkText(texts ...string) error {
	for _, t := range texts {
		if !utf8.ValidString(t) {
			return fmt.Errorf("%.40q is not UTF-8", t)
		}
	}
	return nil
}

func checkMap(m map[string]*string) error {
	for _, k := range sorted(m) {
		if err := checkText(k, deref(m[k])); err != nil {
			return err
		}
	}
	return nil
}

func checkRaw(m map[string]json.RawMessage) error {
	for _, k := range sorted(m) {
		if !validRaw(m[k]) {
			return fmt.Errorf("member %.40q is not JSON", k)
		}
	}
	return nil
}

func deref(s *string) string {
	if s == nil {
		return ""
	}
	return *s
}
