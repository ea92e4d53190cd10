package checkpoint

import (
	"context"
	"errors"
	"fmt"

	"github.com/foreset/foreset/log"
)

// State is what a checkpoint holds beside files. Protocol and Metadata are nil
// if it has none.
type State struct {
	Protocol *log.Protocol
	Metadata *log.Metadata
	Txns     []*log.SetTransaction
	Domains  []*log.DomainMetadata
}

// State reads everything but the file actions. Only the columns of those
// actions are read, and of them only the row groups that may have values; what
// a manifest has is known since it was opened.
func (r *Reader) State(ctx context.Context) (*State, error) {
	if r.manifest != nil {
		s := r.manifest.state
		return &s, nil
	}
	s := &State{}
	for _, p := range r.parts {
		for g := range p.file.Meta().RowGroups {
			if err := p.guard(func() error { return p.smallActions(ctx, g, s) }); err != nil {
				return nil, fmt.Errorf("read checkpoint: %w", err)
			}
		}
	}
	return s, nil
}

// smallActions reads the actions of one row group that are not of files.
func (p *part) smallActions(ctx context.Context, index int, s *State) error {
	g, err := p.load(ctx, index, []string{"protocol"}, []string{"metaData"}, []string{"txn"}, []string{"domainMetadata"})
	if err != nil {
		return err
	}
	defer g.close()
	if err := g.protocols(s); err != nil {
		return err
	}
	if err := g.metadatas(s); err != nil {
		return err
	}
	g.txns(s)
	g.domains(s)
	return g.fault()
}

// rowsWith lists the rows in which an action is there: those where the column
// that it must have is not null.
func (g *group) rowsWith(action, witness string) []int {
	t := g.part.schema.leaf(action, witness)
	if !g.has(t) || g.err != nil {
		return nil
	}
	col := g.open(t)
	if col == nil {
		return nil
	}
	var rows []int
	for row := 0; row < int(g.rows); {
		if n := col.nulls(int(g.rows) - row); n > 0 {
			row += n
			continue
		}
		if col.row() {
			rows = append(rows, row)
		}
		if col.err != nil {
			return nil
		}
		row++
	}
	return rows
}

var errTwice = errors.New("more than one")

// skipper is a column that passes over rows.
type skipper interface{ skip(rows int) }

// each calls read for each of the rows, with the columns brought there.
func (g *group) each(rows []int, columns []skipper, read func()) {
	at := 0
	for _, row := range rows {
		for _, c := range columns {
			c.skip(row - at)
		}
		read()
		at = row + 1
	}
}

func (g *group) protocols(s *State) error {
	rows := g.rowsWith("protocol", "minReaderVersion")
	if len(rows) == 0 {
		return g.fault()
	}
	if len(rows) > 1 || s.Protocol != nil {
		return g.part.file.Corrupt("protocol", errTwice)
	}
	reader, writer := g.number("protocol", "minReaderVersion"), g.number("protocol", "minWriterVersion")
	readers, writers := g.list("protocol", "readerFeatures"), g.list("protocol", "writerFeatures")
	g.each(rows, []skipper{reader, writer, readers, writers}, func() {
		p := &log.Protocol{MinReaderVersion: int(reader.integer(0)), MinWriterVersion: int(writer.integer(0))}
		p.ReaderFeatures, p.WriterFeatures = readers.row(), writers.row()
		s.Protocol = p
	})
	return g.fault()
}

func (g *group) metadatas(s *State) error {
	rows := g.rowsWith("metaData", "id")
	if len(rows) == 0 {
		return g.fault()
	}
	if len(rows) > 1 || s.Metadata != nil {
		return g.part.file.Corrupt("metaData", errTwice)
	}
	id, name, description := g.text("metaData", "id"), g.text("metaData", "name"), g.text("metaData", "description")
	provider, options := g.text("metaData", "format", "provider"), g.mapping("metaData", "format", "options")
	schema, partitions := g.text("metaData", "schemaString"), g.list("metaData", "partitionColumns")
	conf, created := g.mapping("metaData", "configuration"), g.number("metaData", "createdTime")
	columns := []skipper{id, name, description, provider, options, schema, partitions, conf, created}
	g.each(rows, columns, func() {
		m := &log.Metadata{ID: id.str(), Name: name.optional(), Description: description.optional()}
		m.Format.Provider = provider.str()
		m.Format.Options = options.texts()
		m.SchemaString = schema.str()
		if m.PartitionColumns = partitions.row(); m.PartitionColumns == nil {
			m.PartitionColumns = []string{}
		}
		m.Configuration = conf.texts()
		m.CreatedTime = created.optionalInteger()
		s.Metadata = m
	})
	return g.fault()
}

func (g *group) txns(s *State) {
	rows := g.rowsWith("txn", "appId")
	if len(rows) == 0 {
		return
	}
	id, version, updated := g.text("txn", "appId"), g.number("txn", "version"), g.number("txn", "lastUpdated")
	if version == nil {
		g.fail("txn.version", errNull)
		return
	}
	g.each(rows, []skipper{id, version, updated}, func() {
		if g.fault() == nil {
			s.Txns = append(s.Txns, &log.SetTransaction{AppID: id.str(), Version: version.must(), LastUpdated: updated.optionalInteger()})
		}
	})
}

func (g *group) domains(s *State) {
	rows := g.rowsWith("domainMetadata", "domain")
	if len(rows) == 0 {
		return
	}
	domain, conf := g.text("domainMetadata", "domain"), g.text("domainMetadata", "configuration")
	removed := g.flag("domainMetadata", "removed")
	g.each(rows, []skipper{domain, conf, removed}, func() {
		if g.fault() == nil {
			s.Domains = append(s.Domains, &log.DomainMetadata{Domain: domain.str(), Configuration: conf.str(), Removed: removed.boolean()})
		}
	})
}
