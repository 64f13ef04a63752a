package main

import (
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"rbee/cmd/internal/cli"
	"rbee/internal/sshconfig"
	"rbee/internal/wire"
)

// sshHost is one host of the document of ssh.
type sshHost struct {
	Alias    string   `json:"alias"`
	Aliases  []string `json:"aliases"`
	Hostname string   `json:"hostname"`
	User     string   `json:"user"`
	SSHPort  int      `json:"ssh_port"`
	HivePort int      `json:"hive_port"`
	Skipped  string   `json:"skipped"` // the reason; empty when it would be probed
}

func (k *keeper) sshCommand() *cobra.Command {
	var path string
	var options sshconfig.Options
	cmd := &cobra.Command{
		Use:   "ssh",
		Short: "Show which hosts of an SSH config a queen would probe",
		Long: "Show which hosts of an SSH config a queen would probe, and why it would skip the\n" +
			"others. The file alone is judged: no queen is asked, no name is resolved and\n" +
			"nothing is executed.",
		RunE: func(*cobra.Command, []string) error {
			if path == "" {
				var err error
				if path, err = k.SSHConfigPath(); err != nil {
					return err
				}
			}
			options.Home, options.LoginUser = k.Home(), k.LoginUser()
			return k.ssh(path, options)
		},
	}
	flags := cmd.Flags()
	flags.StringVar(&path, "ssh-config", "", "SSH config `FILE` to read (default ~/.ssh/config)")
	cli.PortVar(flags, &options.DefaultHivePort, "hive-port", wire.DefaultHivePort, "`PORT` of hives without '# rbee: port=N'")
	flags.BoolVar(&options.DiscoverPublic, "discover-public", false, "also probe public addresses")
	return cmd
}

func (k *keeper) ssh(path string, options sshconfig.Options) error {
	read, err := sshconfig.Read(path, options)
	if err != nil {
		return err
	}
	for _, warning := range read.Warnings {
		k.tell("warning: %s", warning)
	}
	hosts := []sshHost{}
	for _, h := range read.Hosts {
		hosts = append(hosts, sshHost{h.Alias, append([]string{}, h.Aliases...), h.Hostname, h.User, h.SSHPort, h.HivePort, h.Skipped})
	}
	if len(hosts) == 0 {
		k.tell("no hosts in %s", path)
		if k.output == formatTable {
			return nil
		}
	}
	return k.print(hosts, sshTable(hosts).draw)
}

func sshTable(hosts []sshHost) *table {
	t := newTable(
		column{title: "ALIAS", give: 4, least: 14}, column{title: "HIVE", give: 3, least: 18}, column{title: "USER", give: 5, least: 6}, column{title: "SSH", right: true},
		column{title: "PROBED", give: 2, least: 18}, column{title: "ALIASES", give: 1, least: 7},
	)
	for _, h := range hosts {
		probed := "yes"
		if h.Skipped != "" {
			probed = "no: " + h.Skipped
		}
		t.add(h.Alias, address(h.Hostname, h.HivePort), h.User, strconv.Itoa(h.SSHPort), probed, strings.Join(h.Aliases, ", "))
	}
	return t
}
