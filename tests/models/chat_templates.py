"""Chat templates in the shapes that published models have, and some that no model should have."""

#: What each asks of an environment: blocks trimmed, loops with breaks, namespaces, macros, dates, JSON, refusals.
SHAPES = {
    "chatml": (
        "{% for message in messages %}{{ '<|im_start|>' + message.role + '\\n' + message.content + '<|im_end|>\\n' }}"
        "{% endfor %}{% if add_generation_prompt %}{{ '<|im_start|>assistant\\n' }}{% endif %}"
    ),
    # SmolLM2: a system turn of its own where there is none.
    "default system turn": (
        "{% for message in messages %}{% if loop.first and messages[0]['role'] != 'system' %}"
        "{{ '<|im_start|>system\\nYou are a helpful assistant<|im_end|>\\n' }}{% endif %}"
        "{{ '<|im_start|>' + message['role'] + '\\n' + message['content'] + '<|im_end|>' + '\\n' }}{% endfor %}"
        "{% if add_generation_prompt %}{{ '<|im_start|>assistant\\n' }}{% endif %}"
    ),
    "llama 3": """{{- bos_token }}
{%- if not date_string is defined %}
    {%- if strftime_now is defined %}
        {%- set date_string = strftime_now("%Y") %}
    {%- else %}
        {%- set date_string = "2024" %}
    {%- endif %}
{%- endif %}
{%- if not tools is defined %}
    {%- set tools = none %}
{%- endif %}
{#- The system message goes into a place of its own. #}
{%- if messages[0]['role'] == 'system' %}
    {%- set system_message = messages[0]['content']|trim %}
    {%- set messages = messages[1:] %}
{%- else %}
    {%- set system_message = "" %}
{%- endif %}
{{- "<|start_header_id|>system<|end_header_id|>\\n\\n" }}
{{- "Today Date: " + date_string + "\\n\\n" }}
{%- if tools is not none %}
    {%- for t in tools %}
        {{- t | tojson(indent=4) }}
    {%- endfor %}
{%- endif %}
{{- system_message }}
{{- "<|eot_id|>" }}
{%- for message in messages %}
    {{- '<|start_header_id|>' + message['role'] + '<|end_header_id|>\\n\\n'+ message['content'] | trim + '<|eot_id|>' }}
{%- endfor %}
{%- if add_generation_prompt %}
    {{- '<|start_header_id|>assistant<|end_header_id|>\\n\\n' }}
{%- endif %}
""",
    "gemma": (
        "{{ bos_token }}{% if messages[0]['role'] == 'system' %}{{ raise_exception('System role not supported') }}"
        "{% endif %}{% for message in messages %}{% if (message['role'] == 'user') != (loop.index0 % 2 == 0) %}"
        "{{ raise_exception('Conversation roles must alternate user/assistant/user/assistant/...') }}{% endif %}"
        "{% if (message['role'] == 'assistant') %}{% set role = 'model' %}{% else %}{% set role = message['role'] %}"
        "{% endif %}{{ '<start_of_turn>' + role + '\\n' + message['content'] | trim + '<end_of_turn>\\n' }}"
        "{% endfor %}{% if add_generation_prompt %}{{'<start_of_turn>model\\n'}}{% endif %}"
    ),
    "mistral": """{%- if messages[0]["role"] == "system" %}
    {%- set system_message = messages[0]["content"] %}
    {%- set loop_messages = messages[1:] %}
{%- else %}
    {%- set loop_messages = messages %}
{%- endif %}
{%- set user_messages = loop_messages | selectattr("role", "equalto", "user") | list %}
{%- set ns = namespace() %}
{%- set ns.index = 0 %}
{%- for message in loop_messages %}
    {%- if not (message.tool_calls is defined and message.tool_calls is not none) %}
        {%- if (message["role"] == "user") != (ns.index % 2 == 0) %}
            {{- raise_exception("conversation roles must alternate") }}
        {%- endif %}
        {%- set ns.index = ns.index + 1 %}
    {%- endif %}
{%- endfor %}
{{- bos_token }}
{%- for message in loop_messages %}
    {%- if message["role"] == "user" %}
        {%- if loop.last and system_message is defined %}
            {{- "[INST] " + system_message + "\\n\\n" + message["content"] + "[/INST]" }}
        {%- else %}
            {{- "[INST] " + message["content"] + "[/INST]" }}
        {%- endif %}
    {%- elif message["role"] == "assistant" %}
        {{- " " + message["content"]|trim + eos_token}}
    {%- endif %}
{%- endfor %}
""",
    # For training: what an assistant says is marked.
    "generation tags": """{%- for message in messages %}
{%- if message.role == 'assistant' %}
{% generation %}
{{ message.content }}{{ eos_token }}
{% endgeneration %}
{%- else %}
<|{{ message.role }}|> {{ message.content }}
{% endif %}
{%- endfor %}
""",
    # Macros that call each other, a namespace over a loop, breaks, dictsort, JSON in several forms, default values.
    "thinking and tools": """{%- macro shown(value) -%}
    {%- if value is mapping -%}
        {%- for key, item in value | dictsort -%}{{ key }}={{ shown(item) }}{{ ';' if not loop.last }}{%- endfor -%}
    {%- elif value is string -%}<{{ value }}>
    {%- else -%}{{ value | tojson }}
    {%- endif -%}
{%- endmacro -%}
{%- set ns = namespace(last=-1, seen=[]) -%}
{%- for message in messages -%}
    {%- if message.role == 'system' -%}{%- continue -%}{%- endif -%}
    {%- if message.role == 'user' -%}{%- set ns.last = loop.index0 -%}{%- endif -%}
    {%- if loop.index0 > 40 -%}{%- break -%}{%- endif -%}
{%- endfor -%}
last user turn {{ ns.last }} of {{ messages | length }}
{% for message in messages %}
{%- set said = message.content %}
{%- set content = said.split('</think>')[-1].lstrip('\\n') if '</think>' in said else said %}
<{{ message.role | upper }}>{{ content | replace('\\t', ' ') }}{{ shown({'b': 'x', 'a': {'n': 1.5, 'z': none}}) }}
{%- if reasoning | default(false) %}never{% endif %}
{{ {'é': ['<', 2]} | tojson(ensure_ascii=true, separators=(',', ':'), sort_keys=true) }}
{{ {'é': ['<', 2]} | tojson }}
{% endfor %}
{%- if add_generation_prompt %}<ASSISTANT>{% endif %}""",
    "line breaks": "\n{% for m in messages %}\n  {% if m.role %}\n  «{{ m.content }}»\n  {% endif %}\n{% endfor %}\n\n",
}

#: Take far too much time or memory, or try to leave the sandbox; none may do more than be refused.
HOSTILE = {
    "nested loops": "{% for a in range(99999) %}{% for b in range(99999) %}{% for c in range(99999) %}{% endfor %}"
    "{% endfor %}{% endfor %}",
    "a long string": "{{ 'a' * 2000000000 }}",
    "a string of the chat, again and again": "{{ (messages[0].content * 99999) * 99999 }}",
    "a string that doubles": "{% set ns = namespace(x='ab') %}{% for i in range(99) %}{% set ns.x = ns.x + ns.x %}"
    "{% endfor %}",
    "a power": "{{ 9 ** (9 ** 9) }}",
    "a power of what is not known before": "{% set n = messages | length + 8 %}{{ n ** (n ** n) }}",
    "a long list": "{% set x = [1] * (10 ** 10) %}",
    "a list shown": "{{ [[1]] * 20000000 }}",
    "a macro that calls itself": "{% macro f(n) %}{{ f(n + 1) }}{{ f(n + 2) }}{% endmacro %}{{ f(0) }}",
    "a huge join": "{{ (['x' * 1000000] * 10000) | join('y') }}",
    "a wide centre": "{{ 'a' | center(10 ** 9) }}",
    "padding by a format": "{{ '%1000000000d' % 1 }}",
    "padding by the format filter": "{{ '%1000000000d' | format(1) }}",
    "padding by a method": "{{ '{:>1000000000}'.format(1) }}",
    "a deep indent": "{{ ('a\n' * 1000000) | indent(1000) }}",
    "a slow filter": "{{ ('a ' * 5000000) | wordwrap(1) | title | length }}",
    "a long range": "{% for i in range(10 ** 9) %}x{% endfor %}",
    "filler text": "{{ lipsum(100000) }}",
    "a long date": "{{ strftime_now('%c' * 10000000) }}",
    "too much output": "{% for i in range(90000) %}{{ 'abcdefgh' * 100 }}{% endfor %}",
    "deep brackets": "{{ " + "(" * 5000 + "1" + ")" * 5000 + " }}",
    "deep blocks": "{% if 1 %}" * 3000 + "{% endif %}" * 3000,
    "many signs": "{{ " + "-" * 100000 + "1 }}",
    "a class": "{{ ''.__class__.__mro__[1].__subclasses__() }}",
    "a class by a filter": "{{ (messages | attr('__class__')).__base__.__subclasses__() }}",
    "globals of a function": "{{ raise_exception.__globals__['os'].environ }}",
    "a private name": "{{ namespace(__init__=1) }}",
    "a file": "{% include '/etc/passwd' %}",
    "a change of the chat": "{{ messages.clear() }}",
}
