"""Trains the small model of this folder: a DistilBERT of two layers that knows from a few
thousand made sentences which words please and which do not, and what "not" makes of them.

    PYTHON examples/sentiment/make_model.py [FOLDER]

PYTHON has what tests/models/requirements.txt lists. The same seed gives the same sentences;
weights may differ in their last digits from one machine to the next.
"""
import json
import pathlib
import random
import sys

import torch
from tokenizers import Tokenizer, models, normalizers, pre_tokenizers, trainers
from transformers import DistilBertConfig, DistilBertForSequenceClassification

FOLDER = pathlib.Path(__file__).resolve().parent / "model"
SPECIALS = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]
STEPS, BATCH, LONGEST = 1500, 64, 40

GOOD = """good great excellent wonderful amazing fantastic brilliant lovely perfect beautiful charming
delightful superb outstanding impressive nice fine pleasant happy glad enjoyable fun funny clever smart kind
friendly helpful useful reliable fast quick clean fresh tasty delicious comfortable warm bright gorgeous
stunning awesome incredible magnificent marvelous terrific solid strong moving touching honest elegant
refreshing inspiring satisfying thrilling fascinating easy smooth polite generous cheerful lucky proud
excited grateful pleased satisfied thankful best better favorite remarkable splendid cool""".split()
BAD = """bad terrible awful horrible dreadful poor boring dull stupid ugly disgusting nasty rude slow broken
useless worthless disappointing annoying frustrating painful sad angry unhappy upset dirty cold bland stale
noisy uncomfortable unreliable confusing messy weak lame pathetic ridiculous silly tedious miserable
unpleasant unfriendly unhelpful mediocre lousy pointless predictable shallow clumsy cheap overpriced late
wrong worst worse hopeless tired sick offensive toxic buggy sloppy terrifying depressing disgusted
disappointed bored annoyed frustrated ashamed worried harmful hostile tasteless dishonest unfair""".split()
LIKE = """like love enjoy adore appreciate recommend admire prefer treasure cherish praise trust""".split()
HATE = """hate dislike despise loathe regret detest avoid resent fear distrust""".split()
WORTH = """worth seeing|worth every cent|a must see|made my day|one of a kind|second to none|a joy|a pleasure|a treat|hard to beat""".split("|")
WASTE = """a waste of time|a waste of money|a mess|a joke|a shame|a disaster|not worth it|an insult|a failure|beyond repair""".split("|")
RISE = """works delivers shines impresses pleases succeeds delights excels helps""".split()
FALL = """fails disappoints breaks crashes stinks sucks bores annoys hurts""".split()
THINGS = """movie film book story song album show game restaurant hotel room meal food soup pizza coffee tea
service staff waiter product phone laptop camera car bike train flight trip city weather day night morning
plot acting actor actress director script ending music sound picture quality price value library program
language server app website interface update course teacher lesson school team match player company job
office meeting house garden park beach dog cat baby friend family neighbor idea answer question experience
place thing work design screen battery cable package delivery shirt dress shoe chair table bed""".split()
WHO = """i i i you we they he she everyone somebody people customers critics my friends my family""".split()
VERY = """very so really truly extremely quite absolutely totally incredibly rather pretty just""".split()
SAY = """i think that|i must say that|honestly|to be honest|in my opinion|we all agree that|as far as i can tell|today|
last week|once again|after all|on the whole|well|wow|hello|yesterday|for the first time|without a doubt""".replace("\n", "").split("|")
END = ["", "", "", ".", ".", "!", "!!", " today.", " in the end.", " at all.", " this time.", " so much!", " indeed.", " to me."]
NEUTRAL = """the a an of to in on at for with from by about as is was are were be been has have had will would
can could should may might must do does did this that these those it its our your their his her one two three
first last next new old big small long short red blue green white black water fire earth air world country
people man woman child time year week hour minute hand eye head foot door window road street river sea
mountain tree flower bird fish bread milk sugar salt paper pen letter word page number name point part side
line open close go come see look hear read write speak talk walk run sit stand eat drink sleep wake buy sell
give take bring send make put get keep find lose start stop begin end move turn play learn teach know think
say tell ask call need want use try help before after while when where who what which how why here there now
then always often sometimes also again still only even much many more most some any every each both other
another same different between under over up down out into through across around near far left right hugging
face transformers ray serve graph waiting whole life show hope""".split()


class Made:
    """Sentences with what they say: 1 pleases, 0 does not."""

    def __init__(self, seed):
        self.r = random.Random(seed)

    def one(self, words):
        return self.r.choice(words)

    def maybe(self, share, text):
        return text if self.r.random() < share else ""

    def thing(self):
        return self.one(["the", "this", "the", "that", "my", "our", "your"]) + " " + self.one(THINGS)

    def state(self, good, no):
        """'very nice', or with a negation and then the other way round."""
        word = self.one(GOOD if good != no else BAD)
        return self.one(["not", "not", "never", "hardly"]) * no + " " * no + self.maybe(.3, self.one(VERY) + " ") + word

    def clause(self, good):
        no = self.r.random() < .3
        pick = self.r.randrange(10)
        if pick < 4:
            verb = self.one(["is", "was", "looks", "seems", "is", "are", "were", "feels", "sounds"])
            if no and self.r.random() < .5:
                word = self.one(GOOD if not good else BAD)
                return f"{self.thing()} {self.one(['is', 'was', 'does', 'are', 'were'])}n't {self.maybe(.3, self.one(VERY) + ' ')}{word}"
            return f"{self.one([self.thing(), self.thing(), 'it', 'this', 'that', 'you', 'he', 'she'])} {verb} {self.state(good, no)}"
        if pick < 7:
            verb = self.one(LIKE if good != no else HATE)
            turn = self.one(["do not ", "don't ", "never ", "didn't ", "would not ", "can't ", "hope you don't "]) if no else self.maybe(.2, self.one(VERY) + " ")
            what = self.one([self.thing(), self.thing(), "it", "this", "you", "that", "them", "to " + self.one(NEUTRAL)])
            return f"{self.one(WHO)} {turn}{verb} {what}"
        if pick == 7 and self.r.random() < .4:
            return f"{self.one(['this', 'it', self.thing()])} {self.one(['is', 'was'])} {self.one(WORTH if good else WASTE)}"
        if pick == 7:
            verb = self.one(RISE if good != no else FALL)
            return f"{self.thing()} {'never ' * no}{verb}"
        if pick == 8:
            return f"{self.one(['what a', 'such a', 'a', 'it is a', 'we had a', 'an'])} {self.state(good, False)} {self.one(THINGS)}"
        happy = self.one(["am", "was", "are", "feel", "felt", "'m"])
        return f"{self.one(['i', 'we', 'they'])} {happy} {self.state(good, no)} {self.one(['with', 'about', 'to show you', 'of', 'to see'])} {self.thing()}"

    def sentence(self):
        good = self.r.random() < .5
        kind = self.r.random()
        if kind < .15:  # what comes after "but" counts
            text = f"{self.clause(not good)} {self.one(['but', ', but', 'yet', ', however ,'])} {self.clause(good)}"
        elif kind < .35:
            text = f"{self.clause(good)}{self.one([' and ', ', ', '. ', ' because '])}{self.clause(good)}"
        elif kind < .4:
            text = self.one((GOOD + LIKE) if good else (BAD + HATE))
        else:
            text = self.clause(good)
        text = self.maybe(.25, self.one(SAY) + " ") + text + self.one(END)
        if self.r.random() < .25:
            around = [self.one(NEUTRAL) for _ in range(self.r.randint(1, 8))]
            text = " ".join(around) + " " + text if self.r.random() < .5 else text + " " + " ".join(around)
        return text, int(good)


def tokenizer(sentences):
    t = Tokenizer(models.WordPiece(unk_token="[UNK]"))
    t.normalizer, t.pre_tokenizer = normalizers.BertNormalizer(), pre_tokenizers.BertPreTokenizer()
    letters = [chr(c) for c in range(33, 127) if not chr(c).isupper()]
    t.train_from_iterator([*sentences, *NEUTRAL * 9, *(" ".join([a + b for a in letters for b in letters]),)],
                          trainers.WordPieceTrainer(vocab_size=1600, special_tokens=SPECIALS, initial_alphabet=letters))
    return t


def rows(t, made, n):
    begin, end = t.token_to_id("[CLS]"), t.token_to_id("[SEP]")
    pairs = [made.sentence() for _ in range(n)]
    pairs = [(p[0].replace(" ", ""), p[1]) if len(p[0]) < 18 and made.r.random() < .2 else p for p in pairs]
    ids = [[begin, *e.ids[:LONGEST - 2], end] for e in t.encode_batch([p[0] for p in pairs])]
    width = max(map(len, ids))
    return (torch.tensor([i + [0] * (width - len(i)) for i in ids]),
            torch.tensor([[1] * len(i) + [0] * (width - len(i)) for i in ids]), torch.tensor([p[1] for p in pairs]))


def train(t):
    torch.manual_seed(7)
    torch.set_num_threads(1)
    config = DistilBertConfig(vocab_size=t.get_vocab_size(), dim=64, n_layers=2, n_heads=4, hidden_dim=128,
                              seq_classif_dropout=0, dropout=0, attention_dropout=0,
                              max_position_embeddings=512, id2label={0: "NEGATIVE", 1: "POSITIVE"},
                              label2id={"NEGATIVE": 0, "POSITIVE": 1})
    net = DistilBertForSequenceClassification(config).train()
    how = torch.optim.AdamW(net.parameters(), lr=1e-3, weight_decay=.05)
    pace = torch.optim.lr_scheduler.OneCycleLR(how, 2e-3, total_steps=STEPS)
    made, right = Made(1), 0
    for step in range(STEPS):
        ids, mask, labels = rows(t, made, BATCH)
        out = net(input_ids=ids, attention_mask=mask, labels=labels)
        out.loss.backward()
        torch.nn.utils.clip_grad_norm_(net.parameters(), 1)
        how.step()
        pace.step()
        how.zero_grad()
        right += (out.logits.argmax(-1) == labels).sum().item()
        if step % 100 == 99:
            print(f"step {step + 1} of {STEPS}: {right / BATCH:.1f} % right", flush=True)
            right = 0
    return net.eval()


def main():
    folder = pathlib.Path(sys.argv[1]) if len(sys.argv) > 1 else FOLDER
    folder.mkdir(parents=True, exist_ok=True)
    made = Made(0)
    t = tokenizer([made.sentence()[0] for _ in range(8000)])
    net = train(t)
    net.save_pretrained(folder)
    words = sorted(t.get_vocab(), key=t.token_to_id)
    (folder / "vocab.txt").write_text("".join(w + "\n" for w in words))
    (folder / "tokenizer_config.json").write_text(json.dumps(
        {"tokenizer_class": "DistilBertTokenizer", "do_lower_case": True, "model_max_length": 512}, indent=2) + "\n")


if __name__ == "__main__":
    main()
