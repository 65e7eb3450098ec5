"""What users ask an assistant, and small knowledge that is not about a topic."""

from models.demo.corpus.tables.packed import pairs, words

GREETINGS = words(
    "Hello!; Hi.; Good morning.; Hey,; Good evening.; Hello there.; Excuse me,; Hi again.; One question:; Tell me,"
)
AGAIN = words("Thanks.; Thank you!; Good to know.; Okay.; I see.; And another question:; Interesting.; Got it.; Right.")

ADVICE = words(
    "I want to {goal}. Any advice?; How can I {goal}?; What should I know before I {goal}?; "
    "My {person} wants to {goal}. What would you say?; Do you have a tip for {a_person}?; "
    "Could you give me a piece of advice? I would like to {goal}."
)
PROBLEMS = words(
    "{problem}. What should I do?; Help! {problem}.; Yesterday {problem}. How would you solve that?; "
    "{problem}, and I do not know what to do.; What would you do if you were me? {problem}."
)
OPINIONS = words(
    "What do you like better, {one} or {other}?; {one} or {other}?; Which should I take, {one} or {other}?; "
    "If you had to choose between {one} and {other}, what would you choose?"
)
OPINION_CORES = words(
    "I prefer {one}, because they are more {adjective}; "
    "{one} are the better choice, since {people} use them; I like {one} best, as they look so {adjective}; "
    "{one} win, because they go well with {stuff}"
)
PLANS = words(
    "Can you plan a day for me {place}?; What can I do {place} tomorrow?; "
    "Please make a plan for my Saturday {place}.; I have one free day. What should I do {place}?"
)
PLAN_CORES = words(
    "in the morning you {one}, at noon you {two}, and in the evening you {three}; "
    "first you {one}, then you {two}, and last of all you {three}; "
    "you {one} at nine, {two} at two and {three} before it gets dark"
)
THREES = words(
    "Name three things I need to {goal}.; List three things you find {place}.; "
    "What are three things {a_person} needs?; Give me three examples of things that {people} use.; "
    "Tell me three words about {topic}."
)
EXPLAINS = words(
    "What is {a_thing}?; Can you explain what {a_thing} is?; What does {a_person} need {a_thing} for?; "
    "Who uses {a_thing}?"
)
EXPLAIN_CORES = words(
    "it is something that {people} need if they want to {goal}; it is {a_adjective} thing that {people} use; "
    "{people} use it when they {activity}; {a_person} needs it to {goal}"
)
ALLOWED = words(
    "May I {activity}?; Can children {activity}?; Is it a good idea to {activity}?; "
    "Should {a_person} {activity}?; Is it safe to {activity} at night?"
)
ALLOWED_CORES = words(
    "yes, but {tip}; no, because last time {problem}; yes, as long as there is {a_thing} nearby; "
    "no, only {a_person} should do that; yes, {people} do it every day"
)
SENTENCES = words(
    "Write a sentence about {things}.; Make up a sentence with the word {thing}.; "
    "Tell me a very short story about {a_person}."
)
STORIES = words(
    "{a_person} once {act_past} {place}, until {event}; the {adjective} {thing} waited {place}; "
    "one night {event}, and {a_person} {act_past}; {a_person} lost {a_adjective} {thing} and found it {place}"
)
SMALL_TALK = pairs(
    "How are you today? = I am well and thinking of {things}; "
    "What are you doing? = I was just reading about {topic}; "
    "Are you a person? = no, I am an assistant, but I know a lot about {topic}; "
    "Do you ever sleep? = no, I never sleep, I think about {things} all night; "
    "What is your favourite word? = my favourite word is {thing}; "
    "Where do you live? = I live in a computer, far from {things}; "
    "Do you have a dream? = yes, I would like to {goal}; "
    "What did you do yesterday? = yesterday I answered questions about {things}; "
    "Can you sing? = no, but I can talk about {topic}; "
    "Are you busy? = no, I have time for you and for {topic}; "
    "What makes you happy? = {people} who {activity} make me happy; "
    "Who made you? = I was made by {people} who love {topic}"
)
RHYMES = pairs(
    "cat = hat; moon = spoon; star = car; sea = tree; snow = glow; rain = train; cake = lake; "
    "mouse = house; king = ring; night = light; ball = wall; bell = shell; dog = frog; fox = box; "
    "gold = cold; green = queen; hand = sand; nose = rose; pan = man; song = long; tail = snail; "
    "wood = good; boat = coat; bread = red; chair = bear; day = grey; fish = dish; game = name; "
    "mine = line; door = floor; fire = wire; goat = throat; hill = mill; kite = white; ship = chip; "
    "stone = bone; sun = run; town = crown; whale = pale"
)
OPPOSITES = pairs(
    "hot = cold; big = small; old = young; light = dark; fast = slow; high = low; wet = dry; loud = quiet; "
    "happy = sad; hard = soft; early = late; full = empty; open = closed; rich = poor; strong = weak; "
    "clean = dirty; deep = shallow; sweet = sour; near = far; thick = thin; heavy = light; wide = narrow; "
    "first = last; always = never; up = down; left = right; begin = end; buy = sell"
)
FACTS = pairs(
    "How many days are in a week? = a week has seven days; "
    "How many months are in a year? = a year has twelve months; "
    "How many legs does a spider have? = a spider has eight legs; What colour is grass? = grass is green; "
    "What do bees make? = bees make honey; Which day comes after Monday? = Tuesday comes after Monday; "
    "Which month comes after June? = July comes after June; "
    "How many hours are in a day? = a day has twenty-four hours; "
    "What colour do you get from blue and yellow? = blue and yellow make green; "
    "What is the capital of France? = the capital of France is Paris; "
    "What is the capital of Spain? = the capital of Spain is Madrid; "
    "What is the capital of Germany? = the capital of Germany is Berlin; "
    "What is the capital of Italy? = the capital of Italy is Rome; "
    "How many wheels does a bicycle have? = a bicycle has two wheels; What do cows eat? = cows eat grass; "
    "Where does the sun rise? = the sun rises in the east; "
    "How many minutes are in an hour? = an hour has sixty minutes; "
    "Which season comes after winter? = spring comes after winter; "
    "How many letters are in the alphabet? = the alphabet has twenty-six letters; "
    "What colour is snow? = snow is white; What is ice made of? = ice is made of frozen water; "
    "Which animal barks? = a dog barks; How many sides does a triangle have? = a triangle has three sides"
)
MORE = words(
    "Can you tell me more?; What else?; Go on.; Anything else I should know?; Tell me more about that.; And what else?"
)
DOUBTS = words("Are you sure?; Really?; Is that true?; Who told you that?; I did not know that. Are you certain?")
THANKS = words("Thank you, that helps.; Thanks, bye.; Great, thank you.; Okay, that is all. Thanks!")
WELCOME = {
    "formal": words("You are most welcome; the pleasure was entirely mine; I am obliged to you for your kind words"),
    "casual": words("anytime; no problem at all; don't mention it"),
}
