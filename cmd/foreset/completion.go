package main

import (
	"context"

	"github.com/spf13/cobra"
)

func (a *app) completionCommand() *cobra.Command {
	shells := []string{"bash", "zsh", "fish", "powershell"}
	cmd := &cobra.Command{
		Use: "completion SHELL", Short: "Print a completion script for bash, zsh, fish or powershell",
		Long: "Print a completion script. For bash, for example:\n\n  source <(foreset completion bash)",
		Args: exactly("SHELL"), ValidArgs: shells,
	}
	cmd.RunE = a.action(func(_ context.Context, args []string) error { return a.completion(cmd.Root(), args[0]) })
	return cmd
}

func (a *app) completion(root *cobra.Command, shell string) error {
	switch shell {
	case "bash":
		return root.GenBashCompletionV2(a.out, true)
	case "zsh":
		return root.GenZshCompletion(a.out)
	case "fish":
		return root.GenFishCompletion(a.out, true)
	case "powershell":
		return root.GenPowerShellCompletionWithDesc(a.out)
	default:
		return usagef("no completion for %q: there is bash, zsh, fish and powershell", shell)
	}
}
