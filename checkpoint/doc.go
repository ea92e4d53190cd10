// Package checkpoint turns checkpoint files into actions and actions into
// checkpoint files.
package checkpoint
