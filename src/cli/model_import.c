/* model_import.c: `mien model import`: a checkpoint of others to a model file of ours. */
#include <stdio.h>
#include <stdlib.h>

#include "base/base.h"
#include "cli/cli.h"
#include "cli/options.h"
#include "cli/terminal.h"
#include "text/import.h"

static const char *out, *labels, *name, *licence, *key, *weights = "int8";

static const cli_option options[] = {
    {"out", OPTION_TEXT, "FILE", &out, "the model file to write (needed)", 0, 0},
    {"labels", OPTION_TEXT, "FILE", &labels,
     "names of its labels, one a line, in its order; needed where the\n"
     "checkpoint only numbers them (LABEL_0 …)", 0, 0},
    {"weights", OPTION_TEXT, "TYPE", &weights,
     "int8 (the usual), float16 or float32: how weights are kept; the floats\n"
     "are larger and several times slower, and differ less", 0, 0},
    {"name", OPTION_TEXT, "NAME", &name, "what the model is called (the folder's name)", 0, 0},
    {"licence", OPTION_TEXT, "TEXT", &licence, "its licence, to be kept in the file (unknown)", 0, 0},
    {"key", OPTION_TEXT, "FILE", &key, "sign with this key (of train/mien_file.py); else it is unsigned", 0, 0},
    {0},
};

static const cli_usage usage = {
    "model import", "FOLDER --out FILE",
    "Makes a text model out of a checkpoint that others have trained: a folder as Hugging Face lays it\n"
    "out, with config.json, model.safetensors (F32, F16 or BF16) and tokenizer.json (or vocab.txt, or\n"
    "vocab.json and merges.txt). Read are bert, roberta, xlm-roberta, camembert, distilbert and electra\n"
    "with a sequence-classification head, of at most 1 GiB once written; weights become int8.\n\n"
    "The names of its labels say what they count for (happiness is joy); `mien model show` lists those\n"
    "that count for nothing. Nothing is fetched, and no code of the folder is run. docs/import.md has\n"
    "the tables, what is refused, and how close the numbers are.\n",
    options,
    "  mien model import roberta-emotions --out my-models/text.mien --licence MIT\n"
    "  mien model show my-models/text.mien\n"
    "  mien text --models my-models reviews.txt\n"};

int cli_model_import(int argc, char **argv) {
  static const struct {
    const char *name;
    int type;
  } types[] = {{"int8", NN_I8}, {"float16", NN_F16}, {"float32", NN_F32}};
  int code = cli_options_read(&usage, &argc, argv);
  if (code != OPTIONS_GO) return code;
  if (argc != 2) return cli_options_wrong(&usage, "give one folder");
  if (!out) return cli_options_wrong(&usage, "say with --out FILE where the model is to be written");
  text_import what = {.folder = argv[1], .out = out, .labels = labels, .name = name, .licence = licence,
                      .key = key ? key : getenv("MIEN_SIGNING_KEY"), .weights = -1};
  if (what.key && !*what.key) what.key = NULL;
  for (size_t i = 0; i < BASE_COUNT(types); i++)
    if (!strcmp(types[i].name, weights)) what.weights = types[i].type;
  if (what.weights < 0)
    return cli_options_wrong(&usage, "there are no weights '%s': int8, float16 or float32", weights);
  base_text told = {0};
  mien_error error = {0};
  int result = text_import_run(&what, &told, &error);
  if (result == MIEN_OK) printf("%s: %s", out, told.data);
  else cli_complain(argv[1], &error);
  base_text_clear(&told);
  return result == MIEN_OK ? CLI_DONE : CLI_NOTHING;
}
