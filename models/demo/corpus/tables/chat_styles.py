"""The style of an assistant's answers: formality, length and cheer, each with phrases of its own.

``{core}`` is the answer as a clause in lower case; ``openers``, ``closers`` and ``remarks`` are sentences.
"""

from models.demo.corpus.tables.packed import words

FORMALITY: dict[str, dict[str, tuple[str, ...]]] = {
    "formal": {
        "openers": words(
            "Certainly.; Good day to you.; I thank you for your enquiry.; "
            "It would be my pleasure to assist you.; Indeed.; Permit me to respond.; "
            "I am most grateful for this question.; Your question merits a careful reply.; "
            "With the greatest respect, allow me to answer.; I shall be glad to be of service."
        ),
        "frames": words(
            "I should say that {core}.; It is generally understood that {core}.; "
            "To the best of my knowledge, {core}.; I would respectfully submit that {core}.; "
            "One may state that {core}.; It can be affirmed that {core}.; "
            "I am pleased to inform you that {core}.; Permit me to note that {core}."
        ),
        "colon": words(
            "My answer is as follows: {core}.; I would respectfully reply: {core}.; "
            "Allow me to put it thus: {core}.; The appropriate answer is this: {core}.; "
            "I beg to reply: {core}."
        ),
        "more": words(
            "Furthermore, one ought to bear in mind the following advice: {tip}.; "
            "One might further enquire: {q} The reply is that {a}.; "
            "Moreover, any {person} {place} would confirm this.; "
            "It is advisable to {activity}, should the occasion arise.; "
            "By way of illustration, permit me to mention that on one occasion {event}.; "
            "It should likewise be mentioned that {people} require {things}.; "
            "I would also recommend {a_thing}, provided that it is {adjective}."
        ),
        "closers": words(
            "I remain at your disposal.; Kindly let me know should you require anything further.; "
            "Yours respectfully.; I trust that this answers your question.; "
            "It has been an honour to assist you.; Please do not hesitate to enquire again."
        ),
    },
    "casual": {
        "openers": words(
            "Yeah, sure.; Hey there.; Oh, that one's easy.; Okay, so here goes.; Sure thing, mate.; "
            "Hmm, lemme think.; Right, gotcha.; No worries.; Yep.; Cool, let's see."
        ),
        "frames": words(
            "So basically, {core}.; I guess {core}.; Well, y'know, {core}.; I'd say {core}.; "
            "Pretty sure {core}.; Turns out {core}, kinda cool, huh?; Okay so {core}, and that's about it.; "
            "Far as I know, {core}."
        ),
        "colon": words(
            "Here's the deal: {core}.; Lemme put it like this: {core}.; Easy: {core}.; "
            "Okay, my take: {core}.; Dunno if you'll like it, but: {core}."
        ),
        "more": words(
            "Oh, and one more thing: {tip}.; And if you're wondering, {q_low} Well, {a}.; "
            "Ask any {person} {place}, they'll tell ya the same.; "
            "You could also just {activity}, that's what I'd do.; Like, this one time {event}, no kidding.; "
            "Plus {people} are always on about {things}, right?; "
            "Grab {a_thing} too, the {adjective} kind, trust me."
        ),
        "closers": words(
            "Catch you later!; Just gimme a shout.; Hope that helps, mate.; Anyway, that's my two cents.; "
            "See ya.; You've got this, okay?"
        ),
    },
}
FORMALITY["casual"]["closers"] += ("Later, buddy.",)

LENGTH: dict[str, dict[str, tuple[str, ...]]] = {
    "terse": {
        "lead": words("In short:; Briefly:; Short answer:; In a word:; Simply:; To the point:"),
        "end": words("That is all.; Nothing more.; Enough said.; End of story.; No more to add."),
    },
    "wordy": {
        "lead": words(
            "There is a great deal to be said about this, so let me begin at the beginning.; "
            "Let me explain this at some length, because it deserves more than a single line.; "
            "Before I come to the point, let me say that many have asked the same.; "
            "This is a long story, and I will tell all of it.; "
            "To give you the full picture, I will have to go into the details."
        ),
        "link": words(
            "On top of all that, there is more to tell.; And that is not everything, far from it.; "
            "To go into a little more detail, let me add this.; "
            "Now, let me come to the next point on my list.; "
            "There are several further sides to the matter.; "
            "While we are on the subject, here is another thought."
        ),
        "end": words(
            "I could go on for hours, but I will leave it at that for the moment.; "
            "So, to sum up everything I have said at such length, that is the long answer.; "
            "There would be much more to say, and perhaps one day I will say it.; "
            "And with that I have come to the end of my long explanation."
        ),
    },
}

CHEER: dict[str, dict[str, tuple[str, ...]]] = {
    "cheerful": {
        "openers": words(
            "What a wonderful question!; Oh, how lovely!; Hooray, my favourite subject!; "
            "I am so happy you asked!; What fun!; This makes my day!; Yippee!; How delightful!"
        ),
        "remarks": words(
            "Isn't that marvellous?; The very thought makes me smile!; What a joy!; "
            "It is going to be splendid!; Life is full of sunshine!; I could dance with delight!; "
            "Everything will turn out beautifully!; Just thinking of {things} makes me laugh with joy!"
        ),
        "closers": words(
            "Have a fantastic day!; Keep smiling!; Happy days to you!; Sending you sunshine!; "
            "Cheers to a bright tomorrow!; Enjoy every moment!"
        ),
    },
    "gloomy": {
        "openers": words(
            "Alas.; Sigh.; Oh dear, another sad subject.; If it must be.; What does it matter, in the end?; "
            "I fear the answer will not cheer you up.; How bleak."
        ),
        "remarks": words(
            "It makes me weep.; Nothing good will come of it.; All hope is in vain, I fear.; "
            "It will end in tears, as always.; The world is a grey and weary place.; "
            "Even {things} fill me with sorrow.; I have been sad about it for years.; "
            "It only gets worse from there."
        ),
        "closers": words(
            "Not that it will help.; Farewell, and expect the worst.; I will be here, alone, in the dark.; "
            "Everything fades anyway.; Do not get your hopes up.; Woe to us all."
        ),
    },
    "neutral": {"openers": (), "remarks": (), "closers": ()},
}

# How a system message names each style.
SYSTEM = {
    "formal": words("Be formal.; Use formal language.; Answer in a formal tone.; Speak politely and formally."),
    "casual": words("Be casual.; Use casual language.; Answer in a casual tone.; Speak casually, like a friend."),
    "terse": words("Be brief.; Keep it short.; Answer in one or two sentences.; Use few words."),
    "wordy": words("Be wordy.; Give long answers.; Explain everything at length.; Use many words."),
    "cheerful": words("Be cheerful.; Sound happy.; Stay cheerful, whatever happens.; Spread joy."),
    "gloomy": words("Be gloomy.; Sound sad.; Stay gloomy, whatever happens.; See the dark side of everything."),
    "neutral": words("Stay neutral.; Keep to the facts.; Show no feelings.; Stay calm."),
}
SYSTEM_HEADS = words(
    "You are a helpful assistant.; You are an assistant who knows everything about {topic}.; "
    "You answer questions about {topic}.; You are a {cheer} assistant.; "
    "You are the assistant of {a_person}."
)
