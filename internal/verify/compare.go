package verify

import (
	"fmt"
	"maps"
	"slices"

	"github.com/foreset/foreset/log"
)

// This file compares the small actions of two accounts of one version.

// differentProtocol says where a protocol differs from that of the commits.
func differentProtocol(said, is *log.Protocol) []string {
	switch {
	case said == nil:
		return []string{"there is no protocol"}
	case is == nil:
		return nil
	case said.MinReaderVersion != is.MinReaderVersion || said.MinWriterVersion != is.MinWriterVersion ||
		!sameSet(said.ReaderFeatures, is.ReaderFeatures) || !sameSet(said.WriterFeatures, is.WriterFeatures):
		return []string{fmt.Sprintf("the protocol is %s, and that of the commits %s", protocolText(said), protocolText(is))}
	}
	return nil
}

func protocolText(p *log.Protocol) string {
	return fmt.Sprintf("(%d,%d) %q %q", p.MinReaderVersion, p.MinWriterVersion, p.ReaderFeatures, p.WriterFeatures)
}

func sameSet(a, b []string) bool {
	return slices.Equal(slices.Compact(slices.Sorted(slices.Values(a))), slices.Compact(slices.Sorted(slices.Values(b))))
}

// differentMetadata says where a metadata differs from that of the commits.
func differentMetadata(said, is *log.Metadata) []string {
	switch {
	case said == nil:
		return []string{"there is no metaData"}
	case is == nil:
		return nil
	}
	var fields []string
	for _, f := range []struct {
		name string
		same bool
	}{
		{"id", said.ID == is.ID},
		{"name", sameText(said.Name, is.Name)},
		{"description", sameText(said.Description, is.Description)},
		{"format", said.Format.Provider == is.Format.Provider},
		{"schemaString", said.SchemaString == is.SchemaString},
		{"partitionColumns", slices.Equal(said.PartitionColumns, is.PartitionColumns)},
		{"configuration", maps.Equal(said.Configuration, is.Configuration)},
	} {
		if !f.same {
			fields = append(fields, f.name)
		}
	}
	if len(fields) == 0 {
		return nil
	}
	return []string{fmt.Sprintf("the metaData differs from that of the commits in %q", fields)}
}

func sameText(a, b *string) bool {
	text := func(s *string) string {
		if s == nil {
			return ""
		}
		return *s
	}
	return text(a) == text(b)
}

// checkTxns compares application versions. Those that have expired may be
// missing.
func (s *state) checkTxns(said []*log.SetTransaction, where string) []string {
	var out []string
	seen := map[string]bool{}
	for _, t := range said {
		is := s.txns[t.AppID]
		switch {
		case seen[t.AppID]:
			out = noted(out, "%s has the application %q twice", where, t.AppID)
		case is == nil:
			out = noted(out, "%s has the application %q, which has recorded nothing", where, t.AppID)
		case is.Version != t.Version:
			out = noted(out, "%s has version %d of the application %q, which has recorded %d", where, t.Version, t.AppID, is.Version)
		}
		seen[t.AppID] = true
	}
	if s.metadata != nil && s.metadata.Configuration["delta.setTransactionRetentionDuration"] != "" {
		return out
	}
	for _, app := range slices.Sorted(maps.Keys(s.txns)) {
		if !seen[app] {
			out = noted(out, "%s lacks the application %q, which has recorded version %d", where, app, s.txns[app].Version)
		}
	}
	return out
}

// checkDomains compares domain metadata.
func (s *state) checkDomains(said []*log.DomainMetadata, where string) []string {
	var out []string
	seen := map[string]bool{}
	for _, d := range said {
		if d.Removed {
			continue
		}
		is, has := s.domains[d.Domain]
		switch {
		case seen[d.Domain]:
			out = noted(out, "%s has the domain %q twice", where, d.Domain)
		case !has:
			out = noted(out, "%s has the domain %q, which the version has not", where, d.Domain)
		case is != d.Configuration:
			out = noted(out, "%s has another configuration of the domain %q than the version", where, d.Domain)
		}
		seen[d.Domain] = true
	}
	for _, name := range slices.Sorted(maps.Keys(s.domains)) {
		if !seen[name] {
			out = noted(out, "%s lacks the domain %q", where, name)
		}
	}
	return out
}
