// Package azure keeps tables in Azure Blob Storage and Data Lake Storage.
// Importing it makes [storage.Open] know these locations, all of which name
// the same place:
//
//	import _ "github.com/foreset/foreset/storage/azure"
//
//	abfss://container@account.dfs.core.windows.net/prefix     also abfs, wasb, wasbs
//	https://account.blob.core.windows.net/container/prefix    also with dfs
//	az://container/prefix?storage_account=account             also azblob, adl
//
// Without storage_account the account is that of the environment
// (AZURE_STORAGE_ACCOUNT, AZURE_STORAGE_CONNECTION_STRING). Connections always
// use TLS, unless the query says protocol=http, as for an emulator. The
// query of a URL of the last form may say, in the words of gocloud.dev:
//
//	storage_account domain protocol cdn localemu
//
// and in any form
//
//	anonymous=true          no credentials
//	encryption_scope=NAME   the scope, and so the key, that what is written is encrypted with
//
// Credentials come from the environment: AZURE_STORAGE_KEY, AZURE_STORAGE_SAS_TOKEN
// or AZURE_STORAGE_CONNECTION_STRING; otherwise from the SDK's default chain
// (workload and managed identity, service principal, command-line tools), and
// are refreshed when they expire. A token of the environment is never sent to
// another host than the environment's own, its identity to none outside of
// Azure's domains and AZURE_STORAGE_DOMAIN, and a connection string serves no
// other account than its own.
//
// Keys are sent as they are: gocloud's own driver would rewrite % # ? " and \,
// and other engines could not find our files. Each request is sent once by the
// SDK; what is repeated the store decides ([storage.NewRemote]). Accounts with a
// hierarchical namespace list in another order: listings are sorted.
package azure
