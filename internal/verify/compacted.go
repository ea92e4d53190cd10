package verify

import (
	"context"
	"fmt"

	"github.com/foreset/foreset/log"
)

// compaction reads a compacted log and compares it with the commits that it
// stands for, if all of them are there.
func (w *walk) compaction(ctx context.Context, f log.File) error {
	w.count(&w.report.Compacted, 1)
	actions, err := log.ReadCompacted(ctx, w.Source.Store, f, w.Source.Limits)
	if err != nil {
		return w.gone(ctx, f.Name, err, f.Hi)
	}
	said, is := newNet(), newNet()
	said.apply(actions)
	for v := f.Version; v <= f.Hi; v++ {
		if _, has := w.commits[v]; !has {
			return nil
		}
		got, err := w.readAll(ctx, []log.Version{v})
		if err != nil {
			return err
		}
		if got[0].err != nil {
			return nil // named as a commit
		}
		is.apply(got[0].actions)
	}
	for _, d := range said.differs(is) {
		w.foundf(f.Name, Wrong, f.Hi, "%s", d)
	}
	return nil
}

// net is what is left of the actions of some commits: the newest of each kind,
// file, application and domain.
type net struct {
	protocol *log.Protocol
	metadata *log.Metadata
	files    map[log.Key]file
	txns     map[string]int64
	domains  map[string]log.DomainMetadata
}

func newNet() *net {
	return &net{files: map[log.Key]file{}, txns: map[string]int64{}, domains: map[string]log.DomainMetadata{}}
}

func (n *net) apply(actions []log.Action) {
	for _, a := range actions {
		switch a := a.(type) {
		case *log.Protocol:
			n.protocol = a
		case *log.Metadata:
			n.metadata = a
		case *log.SetTransaction:
			n.txns[a.AppID] = a.Version
		case *log.DomainMetadata:
			n.domains[a.Domain] = *a
		case *log.AddFile:
			n.files[a.Key()] = fileOf(a)
		case *log.RemoveFile:
			n.files[a.Key()] = tombstone(a)
		}
	}
}

// differs says where n differs from what the commits leave.
func (n *net) differs(is *net) []string {
	var out []string
	if (n.protocol == nil) != (is.protocol == nil) {
		out = append(out, "the compacted log has a protocol where the commits have none, or has none where they have one")
	} else if n.protocol != nil {
		out = append(out, differentProtocol(n.protocol, is.protocol)...)
	}
	if (n.metadata == nil) != (is.metadata == nil) {
		out = append(out, "the compacted log has a metaData where the commits have none, or has none where they have one")
	} else if n.metadata != nil {
		out = append(out, differentMetadata(n.metadata, is.metadata)...)
	}
	files := 0
	for key, f := range n.files {
		other, has := is.files[key]
		if !has || other.live != f.live || f.live && other.digest != f.digest {
			files++
		}
	}
	for key, f := range is.files {
		if _, has := n.files[key]; !has && (f.live || f.size > 0) { // one without a time has expired
			files++
		}
	}
	small := 0
	for app, version := range n.txns {
		if other, has := is.txns[app]; !has || other != version {
			small++
		}
	}
	for domain, d := range n.domains {
		if other, has := is.domains[domain]; !has || other != d {
			small++
		}
	}
	small += max(0, len(is.txns)-len(n.txns)) + max(0, len(is.domains)-len(n.domains))
	if files+small > 0 {
		out = append(out, fmt.Sprintf("%d files and %d applications or domains are not as the commits leave them", files, small))
	}
	return out
}
