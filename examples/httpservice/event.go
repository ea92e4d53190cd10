package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"time"
)

// Event is a row of the table, and the JSON object of a request.
type Event struct {
	ID    string    `json:"id"`
	At    time.Time `json:"at"` // when it was received, unless the client says
	Kind  string    `json:"kind"`
	User  *string   `json:"user,omitempty"`
	Value *float64  `json:"value,omitempty"`
}

// decodeEvents reads one event or an array of them, and nothing else.
func decodeEvents(r io.Reader, now time.Time) ([]Event, error) {
	body, err := io.ReadAll(r)
	if err != nil {
		return nil, err
	}
	var events []Event
	if err := json.Unmarshal(body, &events); err != nil {
		var one Event
		var not *json.UnmarshalTypeError
		if !errors.As(err, &not) || not.Value != "object" || not.Field != "" {
			return nil, fmt.Errorf("an event or an array of events is expected: %w", err)
		}
		if err := json.Unmarshal(body, &one); err != nil {
			return nil, fmt.Errorf("an event is expected: %w", err)
		}
		events = []Event{one}
	}
	for i := range events {
		if events[i].ID == "" || events[i].Kind == "" {
			return nil, fmt.Errorf("event %d has no id or no kind", i)
		}
		if events[i].At.IsZero() {
			events[i].At = now
		}
		events[i].At = events[i].At.Truncate(time.Microsecond)
	}
	return events, nil
}
