//go:build race

package replay_test

// raceEnabled: everything takes ten times as long.
const raceEnabled = true
