"""Texts of the example shop's pages, in English and Spanish."""

_EN = {
    "shop": "Example Shop",
    "skip": "Skip to content",
    "main_menu": "Main",
    "account": "Account",
    "log_in": "Log in",
    "log_out": "Log out",
    "footer": "An example shop that shows how a website sends its customers to an identity check. "
    "It rents no bicycles.",
    "help": "Help",
    "help_text": "A real shop explains here how to reach a person when the identity check does "
    "not work.",
    "privacy": "Privacy",
    "privacy_text": "A real shop explains here which personal data it has checked, by whom, and "
    "for how long it keeps them.",
    "home_title": "A bicycle for the weekend",
    "home_lead": "Pick it up on Friday, bring it back on Monday. Show us once who you are, and "
    "every bicycle is yours to borrow.",
    "go_to_account": "Go to your account",
    "log_in_to_rent": "Log in to rent",
    "bicycles": "Bicycles",
    "city": "City",
    "city_text": "Upright, eight gears, and a basket for a week of shopping.",
    "gravel": "Gravel",
    "gravel_text": "For roads without asphalt. Wide tyres, low gears.",
    "cargo": "Cargo",
    "cargo_text": "Carries two children or one sofa. Electric, so hills are easy.",
    "weekend": "a weekend",
    "login_lead": "The shop’s own login: choose who you are.",
    "your_account": "Your account",
    "hello": "Hello, {name}",
    "sent_title": "Identity: sent to the check",
    "sent_text": "The page of the identity check shows the result. This shop does not know it "
    "yet: a link back proves nothing, and this version of the identity server does not send "
    "results to host sites.",
    "check_again": "Go to the identity check again",
    "unverified_title": "Identity: not verified yet",
    "unverified_text": "Before the first bicycle leaves the shop we need to know who you are. It "
    "takes two minutes, with your identity card and a camera.",
    "verify": "Verify my identity",
    "verify_by_form": "The same, sent by a form",
    "your_details": "Your details",
    "name": "Name",
    "customer_id": "Customer id",
    "language": "Language",
    "leaving_title": "On to the identity check",
    "leaving_text": "We take you to the identity check now. You come back here when you are done.",
    "continue": "Continue",
}

_ES = {
    "shop": "Tienda de ejemplo",
    "skip": "Ir al contenido",
    "main_menu": "Principal",
    "account": "Cuenta",
    "log_in": "Iniciar sesión",
    "log_out": "Cerrar sesión",
    "footer": "Una tienda de ejemplo que enseña cómo un sitio web envía a sus clientes a una "
    "verificación de identidad. No alquila bicicletas.",
    "help": "Ayuda",
    "help_text": "Una tienda real explica aquí cómo hablar con una persona si la verificación de "
    "identidad no funciona.",
    "privacy": "Privacidad",
    "privacy_text": "Una tienda real explica aquí qué datos personales ha comprobado, quién lo ha "
    "hecho y cuánto tiempo los guarda.",
    "home_title": "Una bicicleta para el fin de semana",
    "home_lead": "Recógela el viernes y devuélvela el lunes. Demuéstranos una vez quién eres y "
    "podrás usar todas las bicicletas.",
    "go_to_account": "Ir a tu cuenta",
    "log_in_to_rent": "Inicia sesión para alquilar",
    "bicycles": "Bicicletas",
    "city": "Ciudad",
    "city_text": "Cómoda, ocho marchas y una cesta para la compra de una semana.",
    "gravel": "Gravel",
    "gravel_text": "Para caminos sin asfalto. Ruedas anchas, marchas cortas.",
    "cargo": "Carga",
    "cargo_text": "Lleva a dos niños o un sofá. Es eléctrica: las cuestas no cuestan.",
    "weekend": "el fin de semana",
    "login_lead": "El acceso de la propia tienda: elige quién eres.",
    "your_account": "Tu cuenta",
    "hello": "Hola, {name}",
    "sent_title": "Identidad: enviada a verificar",
    "sent_text": "La página de la verificación de identidad muestra el resultado. Esta tienda "
    "todavía no lo conoce: un enlace de vuelta no demuestra nada, y esta versión del servidor de "
    "identidad no envía resultados a los sitios web.",
    "check_again": "Ir otra vez a la verificación de identidad",
    "unverified_title": "Identidad: sin verificar",
    "unverified_text": "Antes de entregarte la primera bicicleta necesitamos saber quién eres. Se "
    "tarda dos minutos, con tu documento de identidad y una cámara.",
    "verify": "Verificar mi identidad",
    "verify_by_form": "Lo mismo, enviado con un formulario",
    "your_details": "Tus datos",
    "name": "Nombre",
    "customer_id": "Número de cliente",
    "language": "Idioma",
    "leaving_title": "Vamos a la verificación de identidad",
    "leaving_text": "Ahora te llevamos a la verificación de identidad. Volverás aquí al terminar.",
    "continue": "Continuar",
}

TEXTS = {"en": _EN, "es": _ES}
