package log

import (
	"bytes"
	"errors"
	"iter"
)

// Decode reads one line of a commit or of a JSON checkpoint. It returns nil
// and no error for a blank line and for an action that this version of the
// library does not know. Any other line is an error that is [ErrCorrupt] or
// [ErrLimit]. The action shares no memory with the line.
func Decode(line []byte) (Action, error) {
	s := newScanner(nil, nil)
	a := s.line(line)
	if s.err != nil {
		return nil, named(s.err, "", 0)
	}
	return a, nil
}

// DecodeCommit yields the actions of a commit in the order of its lines. An
// error names the line and ends the sequence; what came before it is not to
// be used, for a commit counts as a whole. Nil limits are the defaults.
func DecodeCommit(body []byte, limits *Limits) iter.Seq2[Action, error] {
	return func(yield func(Action, error) bool) {
		s := newScanner(limits, newWords())
		if most := s.limits.CommitBytes; int64(len(body)) > most {
			yield(nil, &LimitError{What: "CommitBytes", Limit: most})
			return
		}
		for n, line := range lines(body) {
			a := s.line(line)
			if s.err != nil {
				yield(nil, named(s.err, "", n))
				return
			}
			if a != nil && !yield(a, nil) {
				return
			}
		}
	}
}

// ReadActions is all that [DecodeCommit] yields, or the error.
func ReadActions(body []byte, limits *Limits) ([]Action, error) {
	actions := make([]Action, 0, min(bytes.Count(body, []byte{'\n'})+1, 1<<16))
	for a, err := range DecodeCommit(body, limits) {
		if err != nil {
			return nil, err
		}
		actions = append(actions, a)
	}
	return actions, nil
}

// lines yields the lines of a commit, numbered from 1, without a byte order
// mark before the first.
func lines(body []byte) iter.Seq2[int, []byte] {
	return func(yield func(int, []byte) bool) {
		body := bytes.TrimPrefix(body, []byte("\xef\xbb\xbf"))
		for n := 1; len(body) > 0; n++ {
			line, rest, _ := bytes.Cut(body, []byte{'\n'})
			if !yield(n, line) {
				return
			}
			body = rest
		}
	}
}

// line reads the action on a line, nil if it has none.
func (s *scanner) line(text []byte) Action {
	if !s.start(text) {
		return nil
	}
	a := s.action()
	s.end()
	return a
}

// action reads the envelope: an object with one known member that is not null.
func (s *scanner) action() Action {
	var a Action
	for name := range s.members {
		known := isAction(name)
		switch {
		case !known:
			s.skip()
		case s.null():
		case a != nil:
			s.fail(errors.New("a second action on the line"))
		default:
			a = s.body(name)
		}
	}
	return a
}

func isAction(name []byte) bool {
	switch string(name) {
	case "add", "remove", "cdc", "metaData", "protocol", "commitInfo", "txn", "domainMetadata",
		"checkpointMetadata", "sidecar":
		return true
	default:
		return false
	}
}

// body reads the action of that name.
func (s *scanner) body(name []byte) Action {
	switch string(name) {
	case "add":
		return s.addFile()
	case "remove":
		return s.removeFile()
	case "cdc":
		return s.addCDCFile()
	case "metaData":
		return s.metadata()
	case "protocol":
		return s.protocol()
	case "commitInfo":
		return s.commitInfo()
	case "txn":
		return s.setTransaction()
	case "domainMetadata":
		return s.domainMetadata()
	case "checkpointMetadata":
		return s.checkpointMetadata()
	case "sidecar":
		return s.sidecar()
	default:
		return nil
	}
}
