// A CometBFT node with the kvstore application in it, which stops for an upgrade as a chain of the Cosmos does: the words are those of x/upgrade. The
// plan is in the chain's own state: the transaction "upgrade=HEIGHT". Built twice: the version before, and with "-X main.upgrade=v2" the next one.
// After SIGUSR1 it executes its next block wrongly, once. "rollback" takes its last block back, as that command of the Cosmos SDK does.
package main

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"os/signal"
	"strconv"
	"sync/atomic"
	"syscall"

	dbm "github.com/cometbft/cometbft-db"
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
	"github.com/spf13/cobra"
)

// upgrade is the name of the upgrade that this version has a handler for; empty in the version before.
var upgrade = ""

// The record of the kvstore with its height and what its app hash is made of; and the one of the block before, which only we write.
var stateKey, stateBeforeKey = []byte("stateKey"), []byte("stateBefore")

type application struct {
	*kvstore.Application
	db       dbm.DB
	miscount *atomic.Bool
}

func openState(config *cfg.Config) (dbm.DB, error) {
	return dbm.NewGoLevelDB("kvstore", config.DBDir())
}

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
	if app.miscount.CompareAndSwap(true, false) {
		return app.finalizeWrongly(ctx, block)
	}
	return app.Application.FinalizeBlock(ctx, block)
}

// finalizeWrongly counts one transaction more than there are: the app hash is another one than that of all other nodes.
func (app application) finalizeWrongly(ctx context.Context, block *abci.RequestFinalizeBlock) (*abci.ResponseFinalizeBlock, error) {
	executed := *block
	executed.Txs = append(append([][]byte{}, block.Txs...), []byte("never=sent"))
	response, err := app.Application.FinalizeBlock(ctx, &executed)
	if err != nil {
		return nil, err
	}
	response.TxResults = response.TxResults[:len(block.Txs)]
	return response, nil
}

// Commit keeps the record of the block before.
func (app application) Commit(ctx context.Context, request *abci.RequestCommit) (*abci.ResponseCommit, error) {
	before, err := app.db.Get(stateKey)
	if err != nil {
		return nil, err
	}
	if len(before) > 0 {
		if err := app.db.SetSync(stateBeforeKey, before); err != nil {
			return nil, err
		}
	}
	return app.Application.Commit(ctx, request)
}

// rollBack does what "rollback" of the Cosmos SDK does (server/rollback.go): CometBFT goes back by one height, and the application to the same one.
func rollBack(command *cobra.Command, _ []string) error {
	config, err := cmd.ParseConfig(command)
	if err != nil {
		return err
	}
	height, hash, err := cmd.RollbackState(config, command.Flag("hard").Changed)
	if err != nil {
		return fmt.Errorf("failed to rollback CometBFT state: %w", err)
	}
	db, err := openState(config)
	if err != nil {
		return err
	}
	defer db.Close()
	before, err := db.Get(stateBeforeKey)
	if err != nil {
		return err
	}
	var state struct{ Height int64 }
	if err := json.Unmarshal(before, &state); err != nil || state.Height != height {
		return fmt.Errorf("the application has no state of height %d: %q", height, before)
	}
	if err := db.SetSync(stateKey, before); err != nil {
		return err
	}
	fmt.Printf("Rolled back state to height %d and hash %X\n", height, hash)
	return nil
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
	db, err := openState(config)
	if err != nil {
		return nil, err
	}
	app := application{kvstore.NewApplication(db), db, new(atomic.Bool)}
	signals := make(chan os.Signal, 1)
	signal.Notify(signals, syscall.SIGUSR1)
	go func() {
		for range signals {
			app.miscount.Store(true)
		}
	}()
	return node.NewNode(
		config,
		privval.LoadOrGenFilePV(config.PrivValidatorKeyFile(), config.PrivValidatorStateFile()),
		nodeKey,
		proxy.NewLocalClientCreator(app),
		node.DefaultGenesisDocProviderFunc(config),
		cfg.DefaultDBProvider,
		node.DefaultMetricsProvider(config.Instrumentation),
		logger,
	)
}

func main() {
	root := cmd.RootCmd
	rollback := &cobra.Command{Use: "rollback", Short: "take the last block back", Args: cobra.NoArgs, RunE: rollBack}
	rollback.Flags().Bool("hard", false, "remove the block as well as its state")
	root.AddCommand(cmd.TestnetFilesCmd, cmd.NewRunNodeCmd(newNode), rollback)
	if err := cli.PrepareBaseCmd(root, "CMT", os.ExpandEnv("$HOME/.cometbft")).Execute(); err != nil {
		panic(err)
	}
}
