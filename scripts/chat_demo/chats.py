"""The model's own answers to varied questions, sampled in batches and kept line by line, so that it can go on later."""

import json
import time
from pathlib import Path
from typing import Any

import torch

from scripts.chat_demo.questions import Question, questions

BATCH = 64
MAX_NEW_TOKENS = 160
TEMPERATURE, TOP_K = 0.8, 40
SEED = 5


def sample_chats(model: Any, tokenizer: Any, path: Path, n: int) -> None:
    """Bring the file to at least ``n`` chats (rounded up to whole batches), one JSON object per line: ``messages`` and
    ``task``.

    Args:
        model: a transformers causal language model, in the number format in which it is to sample.
        tokenizer: its tokenizer, with a chat template.
        path: the .jsonl file, which is gone on with.
        n: how many chats.
    """
    batches = -(-n // BATCH)
    asked = questions(batches * BATCH, SEED)
    lines = path.read_text().splitlines() if path.exists() else []
    done = len(lines) // BATCH
    path.write_text("".join(line + "\n" for line in lines[: done * BATCH]))  # a batch is written whole or again
    for batch in range(done, batches):
        start = time.monotonic()
        torch.manual_seed(SEED + batch)
        some = asked[batch * BATCH : (batch + 1) * BATCH]
        chats = [_opening(question) for question in some]
        n_tokens = _answer(model, tokenizer, chats)
        follow = [chat for chat, question in zip(chats, some, strict=True) if question.follow_up]
        for chat, question in zip(chats, some, strict=True):
            if question.follow_up:
                chat.append({"role": "user", "content": question.follow_up})
        n_tokens += _answer(model, tokenizer, follow)
        rows = [{"messages": chat, "task": question.task} for chat, question in zip(chats, some, strict=True)]
        with path.open("a") as file:
            file.writelines(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)
        rate = n_tokens / (time.monotonic() - start)
        print(f"chats: {(batch + 1) * BATCH:,} of {batches * BATCH:,}, {rate:.0f} tokens/s", flush=True)


def _opening(question: Question) -> list[dict[str, str]]:
    system = [{"role": "system", "content": question.system}] if question.system else []
    return [*system, {"role": "user", "content": question.text}]


@torch.inference_mode()
def _answer(model: Any, tokenizer: Any, chats: list[list[dict[str, str]]]) -> int:
    """Append the model's turn to each chat; returns how many tokens were written."""
    if not chats:
        return 0
    texts = [tokenizer.apply_chat_template(chat, tokenize=False, add_generation_prompt=True) for chat in chats]
    tokenizer.padding_side = "left"
    rows = tokenizer(texts, return_tensors="pt", padding=True, add_special_tokens=False)
    ids, mask = rows["input_ids"], rows["attention_mask"]
    places = (mask.cumsum(-1) - 1).clamp(min=0)
    cache, written = None, []
    is_done = torch.zeros(len(chats), dtype=torch.bool)
    for _ in range(MAX_NEW_TOKENS):
        found = model(
            ids, attention_mask=mask, position_ids=places, past_key_values=cache, use_cache=True, logits_to_keep=1
        )
        cache = found.past_key_values
        # Only the best TOP_K are drawn from: a draw over the whole vocabulary costs more than the model.
        values, best = (found.logits[:, -1].float() / TEMPERATURE).topk(TOP_K)
        chosen = best.gather(1, torch.multinomial(values.softmax(-1), 1))
        ids = torch.where(is_done[:, None], tokenizer.eos_token_id, chosen)
        written.append(ids)
        is_done |= ids[:, 0] == tokenizer.eos_token_id
        if is_done.all():
            break
        mask = torch.cat((mask, torch.ones_like(ids)), dim=1)
        places = places[:, -1:] + 1
    for chat, row, done in zip(chats, torch.cat(written, dim=1), is_done, strict=True):
        text = tokenizer.decode(row, skip_special_tokens=True).strip()
        chat.append({"role": "assistant", "content": text if done else _whole_sentences(text)})
    return int((torch.cat(written, dim=1) != tokenizer.eos_token_id).sum())


def _whole_sentences(text: str) -> str:
    """An answer that was cut short, up to its last sentence or line."""
    place = max(text.rfind(end) for end in (". ", "! ", "? ", ".\n", "\n"))
    return text[: place + 1].strip() if place > len(text) // 2 else text
