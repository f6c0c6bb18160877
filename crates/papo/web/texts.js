// Everything that the page says, in the two languages that it speaks. Add a key to both: a test compares them.

const en = {
  connecting: 'Connecting…',
  connected: 'Connected',
  reconnecting: 'Reconnecting',
  inSeconds: (n) => ` in ${n} s`,
  now: 'Now',
  invite: 'Invite',
  language: 'Language',

  welcomeLabel: 'About this chat',
  what: 'A chat without accounts: what you write reaches everyone in this room.',
  joinAt: 'Others join at',
  joinByTerminal: 'or in a terminal with',
  onlyHere: 'Only this computer can join for now. To open it to your network:',
  code: 'QR code',
  codeLabel: (address) => `QR code of ${address}`,
  copy: 'Copy',
  copied: 'Copied',
  dismiss: 'Got it',

  log: 'Conversation',
  you: 'You',
  youJoined: (label) => `You joined as ${label}`,
  joined: (label) => `${label} joined`,
  left: (label) => `${label} left`,
  lost: (reason) => (reason ? `The connection ended: ${reason}` : 'The connection was lost'),
  unsent: 'Your last message may not have left this computer.',
  back: 'Connected again. What was said in the meantime is not shown here.',
  trimmed: (n) => (n === 1 ? '1 older message was removed from this page' : `${n} older messages were removed from this page`),
  newer: (n) => (n === 1 ? '1 new message' : `${n} new messages`),

  message: 'Message',
  placeholder: 'Write here',
  send: 'Send',
  notConnected: 'Not connected. Your text stays here until you can send it.',
  bytesLeft: (n) => (n === 1 ? '1 byte left' : `${n} bytes left`),
  tooLong: (n, limit) => `Too long by ${n} ${n === 1 ? 'byte' : 'bytes'}: a message holds ${limit}. It was not sent.`,
};

const ptBR = {
  connecting: 'Conectando…',
  connected: 'Conectado',
  reconnecting: 'Reconectando',
  inSeconds: (n) => ` em ${n} s`,
  now: 'Agora',
  invite: 'Convidar',
  language: 'Idioma',

  welcomeLabel: 'Sobre este papo',
  what: 'Um papo sem cadastro: o que você escreve chega a todos desta sala.',
  joinAt: 'Outras pessoas entram em',
  joinByTerminal: 'ou, no terminal, com',
  onlyHere: 'Por enquanto só este computador entra. Para abrir à sua rede:',
  code: 'QR code',
  codeLabel: (address) => `QR code de ${address}`,
  copy: 'Copiar',
  copied: 'Copiado',
  dismiss: 'Entendi',

  log: 'Conversa',
  you: 'Você',
  youJoined: (label) => `Você entrou como ${label}`,
  joined: (label) => `${label} entrou`,
  left: (label) => `${label} saiu`,
  lost: (reason) => (reason ? `A conexão terminou: ${reason}` : 'A conexão caiu'),
  unsent: 'Sua última mensagem talvez não tenha saído deste computador.',
  back: 'Conectado de novo. O que foi dito nesse meio-tempo não aparece aqui.',
  trimmed: (n) => (n === 1 ? '1 mensagem antiga foi retirada desta página' : `${n} mensagens antigas foram retiradas desta página`),
  newer: (n) => (n === 1 ? '1 mensagem nova' : `${n} mensagens novas`),

  message: 'Mensagem',
  placeholder: 'Escreva aqui',
  send: 'Enviar',
  notConnected: 'Sem conexão. Seu texto fica aqui até poder ser enviado.',
  bytesLeft: (n) => (n === 1 ? 'resta 1 byte' : `restam ${n} bytes`),
  tooLong: (n, limit) => `${n} ${n === 1 ? 'byte' : 'bytes'} a mais: uma mensagem leva até ${limit}. Não foi enviada.`,
};

export const texts = { 'pt-BR': ptBR, en };

/** The same language as they write it where the reader lives: an English clock has 12 hours or 24. */
export function localeOf(language, preferred) {
  const primary = language.split('-')[0];
  return preferred.find((tag) => tag.toLowerCase().split('-')[0] === primary) ?? language;
}

/** The one that was chosen before, or the first of the browser's languages that the page speaks, or English. */
export function pickLanguage(remembered, preferred) {
  if (Object.hasOwn(texts, remembered ?? '')) return remembered;
  for (const tag of preferred) {
    const primary = tag.toLowerCase().split('-')[0];
    if (primary === 'pt') return 'pt-BR';
    if (primary === 'en') return 'en';
  }
  return 'en';
}
