package cdf

import (
	"fmt"
	"slices"
	"strings"

	"github.com/foreset/foreset/internal/feature"
	"github.com/foreset/foreset/internal/replay"
	"github.com/foreset/foreset/log"
	"github.com/foreset/foreset/schema"
)

// View is what a version says of how a table is read.
type View struct {
	State  *replay.State // of which only version, protocol and metadata count
	Schema *schema.Struct
}

// NewView is that of a state.
func NewView(s *replay.State) (*View, error) {
	sch, err := s.Schema()
	if err != nil {
		return nil, err
	}
	return &View{State: s, Schema: sch}, nil
}

// Following is the state of the next version, as far as a view needs it; same
// reports that nothing is new but the version.
func (v *View) Following(actions []log.Action) (s *replay.State, same bool) {
	s = &replay.State{Version: v.State.Version + 1, Protocol: v.State.Protocol, Metadata: v.State.Metadata}
	for _, a := range actions {
		switch a := a.(type) {
		case *log.Protocol:
			s.Protocol = a
		case *log.Metadata:
			s.Metadata = a
		}
	}
	return s, s.Protocol == v.State.Protocol && s.Metadata == v.State.Metadata
}

// The property that turns the feed on, and the name that it had first.
const (
	property       = "delta.enableChangeDataFeed"
	propertyLegacy = "delta.enableChangeDataCapture"
)

// Enabled returns a [NoChangesError] unless the feed is on.
func Enabled(v *View) error {
	conf := v.State.Metadata.Configuration
	if feature.Bool(conf, property, feature.Bool(conf, propertyLegacy, false)) {
		return nil
	}
	return &NoChangesError{Version: int64(v.State.Version), Detail: "the table property " + property + " is not true there"}
}

// Follow returns a [BarrierError] unless what is written under one view can be
// read under a later one: it has the same columns, maybe wider or more of them.
func Follow(before, after *View) error {
	b := &BarrierError{Version: int64(after.State.Version)}
	old, now := before.State, after.State
	from, to := feature.Mapping(old.Protocol, old.Metadata), feature.Mapping(now.Protocol, now.Metadata)
	switch {
	case old.Metadata == now.Metadata && from == to:
		return nil
	case old.Metadata.ID != now.Metadata.ID:
		b.Replaced, b.Detail = true, "it is another table"
	case !slices.Equal(old.Metadata.PartitionColumns, now.Metadata.PartitionColumns):
		b.Detail = fmt.Sprintf("it is partitioned by %q, not %q", now.Metadata.PartitionColumns, old.Metadata.PartitionColumns)
	case from != to && from != schema.NoMapping:
		b.Detail = fmt.Sprintf("the mode of column mapping is %s, not %s", to, from)
	default:
		b.Detail = fit{from, to}.structs(before.Schema, after.Schema, "")
	}
	if b.Detail == "" {
		return nil
	}
	b.Detail = fmt.Sprintf("between versions %d and %d: %s", old.Version, now.Version, b.Detail)
	return b
}

// fit compares schemas with their mappings.
type fit struct{ from, to schema.Mapping }

// structs says why fields of one struct cannot be read as those of another; ""
// if they can.
func (f fit) structs(old, now *schema.Struct, path string) string {
	for _, o := range old.Fields {
		name := path + o.Name
		i := slices.IndexFunc(now.Fields, func(n schema.Field) bool { return n.Name == o.Name })
		if i < 0 {
			return fmt.Sprintf("column %q was dropped or renamed", name)
		}
		n := now.Fields[i]
		switch {
		case f.isAnother(o, n):
			return fmt.Sprintf("column %q is another one of that name", name)
		case o.Nullable && !n.Nullable:
			return fmt.Sprintf("column %q became NOT NULL", name)
		}
		if problem := f.types(o.Type, n.Type, name); problem != "" {
			return problem
		}
	}
	for _, n := range now.Fields {
		if _, has := old.Lookup(n.Name); !has && !n.Nullable {
			return fmt.Sprintf("column %q is new and NOT NULL", path+n.Name)
		}
	}
	return ""
}

// isAnother says that two fields of one name are stored under different ones.
func (f fit) isAnother(o, n schema.Field) bool {
	stored := f.from.Stored(o)
	if f.to.Stored(n) != stored {
		return true
	}
	if f.from != schema.IDMapping {
		return false
	}
	was, _ := o.ColumnID()
	is, _ := n.ColumnID()
	return was != is
}

func (f fit) types(old, now schema.Type, path string) string {
	switch o := old.(type) {
	case *schema.Struct:
		if n, is := now.(*schema.Struct); is {
			return f.structs(o, n, path+".")
		}
	case *schema.Array:
		if n, is := now.(*schema.Array); is && (n.ContainsNull || !o.ContainsNull) {
			return f.types(o.Element, n.Element, path+".element")
		}
	case *schema.Map:
		if n, is := now.(*schema.Map); is && (n.ValueContainsNull || !o.ValueContainsNull) {
			if problem := f.types(o.Key, n.Key, path+".key"); problem != "" {
				return problem
			}
			return f.types(o.Value, n.Value, path+".value")
		}
	default:
		if old == schema.Void || schema.CanWiden(old, now) {
			return ""
		}
	}
	return fmt.Sprintf("column %q is of type %v, not %v", strings.TrimSuffix(path, "."), now, old)
}
