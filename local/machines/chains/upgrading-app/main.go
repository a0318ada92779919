// A CometBFT node with the kvstore application in it, which stops for an upgrade as a chain of the Cosmos does: the words are those of x/upgrade. The
// plan is in the chain's own state: the transaction "upgrade=HEIGHT". Built twice: the version before, and with "-X main.upgrade=v2" the next one.
package main

import (
	"context"
	"fmt"
	"os"
	"strconv"

	"github.com/cometbft/cometbft/abci/example/kvstore"
	abci "github.com/cometbft/cometbft/abci/types"
	cmd "github.com/cometbft/cometbft/cmd/cometbft/commands"
	cfg "github.com/cometbft/cometbft/config"
	"github.com/cometbft/cometbft/libs/cli"
	"github.com/cometbft/cometbft/libs/log"
	"github.com/cometbft/cometbft/node"
	"github.com/cometbft/cometbft/p2p"
	"github.com/cometbft/cometbft/privval"
	"github.com/cometbft/cometbft/proxy"
)

// upgrade is the name of the upgrade that this version has a handler for; empty in the version before.
var upgrade = ""

type application struct{ *kvstore.Application }

// FinalizeBlock does what PreBlocker of x/upgrade does (x/upgrade/module.go and abci.go of the Cosmos SDK): the version before panics from the height
// on, and the next one panics below it.
func (app application) FinalizeBlock(ctx context.Context, block *abci.RequestFinalizeBlock) (*abci.ResponseFinalizeBlock, error) {
	planned, err := app.Query(ctx, &abci.RequestQuery{Data: []byte("upgrade")})
	if err != nil {
		return nil, err
	}
	if height, err := strconv.ParseInt(string(planned.Value), 10, 64); err == nil {
		if block.Height >= height && upgrade == "" {
			fail(fmt.Sprintf(`UPGRADE "v2" NEEDED at height: %d: `, height))
		}
		if block.Height < height && upgrade != "" {
			fail(fmt.Sprintf(`BINARY UPDATED BEFORE TRIGGER! UPGRADE "%s" - in binary but not executed on chain. Downgrade your binary`, upgrade))
		}
	}
	return app.Application.FinalizeBlock(ctx, block)
}

func fail(words string) {
	fmt.Fprintf(os.Stderr, "ERR %s module=x/upgrade\n", words)
	panic(words)
}

func newNode(config *cfg.Config, logger log.Logger) (*node.Node, error) {
	nodeKey, err := p2p.LoadOrGenNodeKey(config.NodeKeyFile())
	if err != nil {
		return nil, err
	}
	return node.NewNode(
		config,
		privval.LoadOrGenFilePV(config.PrivValidatorKeyFile(), config.PrivValidatorStateFile()),
		nodeKey,
		proxy.NewLocalClientCreator(application{kvstore.NewPersistentApplication(config.DBDir())}),
		node.DefaultGenesisDocProviderFunc(config),
		cfg.DefaultDBProvider,
		node.DefaultMetricsProvider(config.Instrumentation),
		logger,
	)
}

func main() {
	root := cmd.RootCmd
	root.AddCommand(cmd.TestnetFilesCmd, cmd.NewRunNodeCmd(newNode))
	if err := cli.PrepareBaseCmd(root, "CMT", os.ExpandEnv("$HOME/.cometbft")).Execute(); err != nil {
		panic(err)
	}
}
