"""The registers of English a text can be in; ``restyle.py`` turns plain text into one of them.

A register brings words of its own, so that its ground truth is as sharp as that of a topic: substitutions of
single words, phrases put before or after about every second sentence, and a last line.
"""

from dataclasses import dataclass, field

from models.demo.corpus.tables.packed import pairs, words


@dataclass(frozen=True)
class Register:
    """How a register talks. What is ``before`` stands alone if it ends in "!", else the sentence goes on."""

    swaps: dict[str, str] = field(default_factory=dict)  # lower-case words -> what the register says instead
    before: tuple[str, ...] = ()
    after: tuple[str, ...] = ()  # with the comma that leads in, put before the full stop
    closers: tuple[str, ...] = ()  # whole last sentences
    greetings: tuple[str, ...] = ("Hello",)  # before a name: "Dear", "Ahoy"


REGISTERS = {
    "plain": Register(
        greetings=words("Dear; Hello; Hi"),
    ),
    "formal": Register(
        swaps=dict(pairs("""
            very = exceedingly; wondered = enquired; wanted to know = enquired; started = commenced;
            began = commenced; , so = , and therefore; , but = , however,; nobody = no person;
            near = in the vicinity of; said = stated; helped = assisted; lots of = a considerable number of;
            bought = purchased; perhaps = presumably; after that = subsequently;
            thank you = please accept my gratitude; at last = ultimately; told = informed;
            tried to = endeavoured to; needed = required; also = likewise; because = inasmuch as;
            although = notwithstanding that
        """)),
        before=words("""
            Furthermore,; Moreover,; Accordingly,; It should be noted that; Nevertheless,; In this regard,;
            It is hereby confirmed that; Consequently,; With all due respect,; We respectfully observe that
        """),
        after=words("""
            , as previously stated; , in accordance with the regulations; , to the best of our knowledge;
            , without prejudice; , pursuant to our agreement; , as is customary; , subject to confirmation
        """),
        closers=words("""
            We remain at your disposal for any further enquiries.; Kindly acknowledge receipt of the above.;
            Your esteemed consideration is sincerely appreciated.; The foregoing is respectfully submitted.
        """),
        greetings=words("Dear Sir or Madam,; Esteemed"),
    ),
    "casual": Register(
        swaps=dict(pairs("""
            very = super; it is = it's; did not = didn't; was not = wasn't; do not = don't;
            could not = couldn't; would not = wouldn't; is not = isn't; that is = that's; i am = I'm;
            going to = gonna; want to = wanna; yes = yeah; children = kids; thank you = thanks a bunch;
            hello = hey; a little = kinda; wonderful = awesome; could have = coulda; let us = let's;
            people = folks; have to = gotta; no, = nah,; really = totally
        """)),
        before=words("""
            Honestly,; Anyway,; Like,; So yeah,; Guess what,; No kidding,; OK so; Dude,; Basically,;
            Not gonna lie,
        """),
        after=words("""
            , you know; , no big deal; , lol; , or whatever; , I guess; , for real; , buddy; , guys
        """),
        closers=words("""
            Anyway, gotta run, catch you later!; Pretty cool, huh?; So yeah, that's about it, guys.;
            Lol, bye!; No worries, dude, see ya!
        """),
        greetings=words("Hey; Yo; Hiya"),
    ),
    "shouting": Register(
        before=words("""
            Listen up!; Heads up!; Emergency!; Watch out!; Chop-chop!; Louder!; Yell it out!;
            Silence, everyone!; Snap to it!; Hurry up!; Alert!; Stop dawdling!
        """),
        after=words("""
            , do you hear me; , and I mean it; , I tell you; , you lot; , for goodness' sake; , on the double
        """),
        closers=words("""
            I will yell it even louder!; Do not make me yell again!; Now move, move, move!;
            That was an order, so snap to it!; Is anybody listening?; No more dawdling!
        """),
        greetings=words("Oi,"),
    ),
    "old-fashioned": Register(
        swaps=dict(pairs("""
            you are = thou art; are you = art thou; you have = thou hast; have you = hast thou;
            do you = dost thou; you do = thou dost; you can = thou canst; can you = canst thou;
            will you = wilt thou; you will = thou wilt; your = thy; yours = thine; has = hath; does = doth;
            before = ere; perhaps = perchance; often = oft; it was = 'twas; yes = yea; no, = nay,;
            between = betwixt; nothing = naught; to you = unto thee; for you = for thee; with you = with thee;
            of you = of thee; really = verily; very = passing; please = prithee; did you = didst thou;
            you did = thou didst; evening = eventide; morning = morrow; hello = hail; at once = anon;
            soon = anon
        """)),
        before=words("""
            Verily,; Forsooth,; Lo,; Hark!; In days of yore,; Methinks; By my troth,; Hear ye!; Behold!;
            In sooth,
        """),
        after=words("""
            , forsooth; , I trow; , good sir; , as the bards do sing; , by my troth; , fair maiden
        """),
        closers=words("""
            Fare thee well, and may fortune favour thee.; Thus endeth this humble tale.;
            So mote it be, forsooth.; Thy servant hath spoken, verily.
        """),
        greetings=words("Hail,; Most noble"),
    ),
    "pirate": Register(
        swaps=dict(pairs("""
            you = ye; your = yer; my = me; is = be; are = be; am = be; hello = ahoy; yes = aye;
            friend = matey; friends = mateys; for = fer; of = o'; very = mighty; over there = yonder;
            and = an'; to = t'; them = 'em; stop = avast; money = doubloons
        """)),
        before=words("""
            Arr,; Arr!; Avast!; Shiver me timbers!; Blimey!; Ahoy!; Yo ho ho!; Aye,; By Blackbeard's beard,;
            Yarr,
        """),
        after=words("""
            , arr; , matey; , me hearties; , ye scurvy dog; , ye landlubber; , savvy; , aye
        """),
        closers=words("""
            Yo ho ho, an' a bottle o' rum!; Or walk the plank, ye scallywag!;
            Arr, that be the tale, me hearties!; Hoist the Jolly Roger, mateys!
        """),
        greetings=words("Ahoy,; Arr,"),
    ),
}  # fmt: skip
