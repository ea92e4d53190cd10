package verify

import (
	"errors"
	"fmt"

	"github.com/foreset/foreset/log"
	"github.com/foreset/foreset/schema"
)

// checkCommit says what is wrong with a commit by itself.
func checkCommit(v log.Version, actions []log.Action) []string {
	var out []string
	if err := log.ValidateCommit(v, actions); err != nil {
		out = append(out, err.Error())
	}
	for _, a := range actions {
		if md, is := a.(*log.Metadata); is {
			if err := checkMetadata(md); err != nil {
				out = append(out, fmt.Sprintf("metaData: %v", err))
			}
		}
	}
	return out
}

// checkMetadata says what is wrong with a table's schema. A type that is not
// known is a newer table's, and not wrong.
func checkMetadata(md *log.Metadata) error {
	s, err := schema.Parse([]byte(md.SchemaString))
	var unknown *schema.UnknownTypeError
	switch {
	case errors.As(err, &unknown):
		return nil
	case err != nil:
		return err
	}
	for _, name := range md.PartitionColumns {
		if _, ok := s.Lookup(name); !ok {
			return fmt.Errorf("the partition column %q is not in the schema", name)
		}
	}
	_, err = log.InCommitTimestamps(md)
	return err
}

func infoOf(actions []log.Action) *log.CommitInfo {
	for _, a := range actions {
		if info, is := a.(*log.CommitInfo); is {
			return info
		}
	}
	return &log.CommitInfo{}
}
