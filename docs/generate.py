"""Answer the prompts of `doubleblind suites export` with a Hugging Face model, with or without a PEFT adapter.

    doubleblind suites export out-of-domain > prompts.jsonl
    python generate.py Qwen/Qwen2.5-0.5B-Instruct prompts.jsonl baseline.jsonl
    python generate.py Qwen/Qwen2.5-0.5B-Instruct prompts.jsonl candidate.jsonl runs/my-adapter/checkpoint-290

The output, one `{"prompt_id", "response"}` a line, is what `provider: recorded` with `file: candidate.jsonl` reads.
"""
import json
import sys

import torch
from transformers import AutoModelForCausalLM, AutoTokenizer

name, prompts, out, *adapter = sys.argv[1:]
tokenizer = AutoTokenizer.from_pretrained(name)
model = AutoModelForCausalLM.from_pretrained(name, torch_dtype="auto", device_map="auto")
if adapter:
    from peft import PeftModel

    model = PeftModel.from_pretrained(model, adapter[0])
torch.manual_seed(7)

with open(prompts, encoding="utf-8") as lines, open(out, "w", encoding="utf-8") as answers:
    for row in map(json.loads, lines):
        messages = row["messages"] or [{"role": "user", "content": row["prompt"]}]
        if row["system"]:
            messages = [{"role": "system", "content": row["system"]}, *messages]
        text = tokenizer.apply_chat_template(messages, tokenize=False, add_generation_prompt=True)
        asked = tokenizer(text, return_tensors="pt", add_special_tokens=False).to(model.device)
        tokens = model.generate(**asked, max_new_tokens=512, do_sample=True, temperature=0.75)
        response = tokenizer.decode(tokens[0, asked["input_ids"].shape[1] :], skip_special_tokens=True)
        print(json.dumps({"prompt_id": row["prompt_id"], "response": response}), file=answers, flush=True)
